// Shared: the stored drafts of forms. A key is "brainlog-draft/" and a path: person, page, copy ("7/2026-05-04/midday/x1").
// A draft is {at, version, answers, sent}: when it was typed, over which version of the answers, and whether it was sent.

const draftStorage = {
  PREFIX: "brainlog-draft/",
  LARGE: 1_000_000, // characters

  keys(path) {
    return storage.keys(this.PREFIX + path);
  },
  write(key, draft) {
    // Without room, the oldest drafts are removed for this one, unless this one is what takes the room.
    while (!storage.write(key, draft)) {
      const [oldest] = JSON.stringify(draft).length < this.LARGE ? this.keysFromOldest(key) : [];
      if (!oldest) return; // The form still works, and leaving the page still warns.
      storage.remove(oldest);
    }
  },
  keysFromOldest(without) {
    const keys = this.keys("").filter((key) => key !== without);
    const times = new Map(keys.map((key) => [key, storage.read(key)?.at ?? 0]));
    return keys.sort((one, other) => times.get(one) - times.get(other));
  },
};
