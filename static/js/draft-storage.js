// Shared: the stored drafts of forms. A key is "brainlog-draft/" and a path: person, page, copy ("7/2026-05-04/midday/x1").
// A draft is {at, version, answers, sent, today, title, address}: when it was typed, over which version of the answers,
// whether it was sent, what its page called today if that day was over by then, and what and where its page is. One that
// was sent has also `post`, {address, fields}: where, and what was sent beside the answers. If there was no network, it
// `waits`, and is sent again (waiting.js), after so many `failures` of the server; if the server then asks something about
// it, or fails too often, it `needsYou`.

const draftStorage = {
  PREFIX: "brainlog-draft/",
  LARGE: 1_000_000, // characters

  keys(path) {
    return storage.keys(this.PREFIX + path);
  },
  // Returns whether the draft is stored.
  write(key, draft) {
    // Without room, the person's oldest drafts are removed for this one, unless this one is what takes the room.
    while (!storage.write(key, draft)) {
      const [oldest] = JSON.stringify(draft).length < this.LARGE ? this.keysFromOldest(key) : [];
      if (!oldest) return false; // The form still works, and leaving the page still warns.
      storage.remove(oldest);
    }
    return true;
  },
  // Those of this person that can be removed: not what was saved without a network.
  keysFromOldest(without) {
    const keys = this.keys(`${page.person}/`).filter((key) => key !== without && !this.isKeptSave(storage.read(key)));
    const times = new Map(keys.map((key) => [key, storage.read(key)?.at ?? 0]));
    return keys.sort((one, other) => times.get(one) - times.get(other));
  },
  // Whether it was saved, and the person counts on this browser to send it, or has to decide about it.
  isKeptSave(draft) {
    return Boolean(draft?.waits || draft?.needsYou);
  },
  // Whether a page has sent it, and the page that answers is newer than it.
  isSent(draft) {
    return Boolean(draft?.sent) && !this.isKeptSave(draft);
  },
  // The keys of those of this person that wait for the network, the oldest first.
  waiting() {
    const drafts = this.keys(`${page.person}/`).map((key) => [key, storage.read(key)]);
    return drafts.filter(([, draft]) => draft?.waits).sort(([, one], [, other]) => one.at - other.at).map(([key]) => key);
  },
  // The newest draft of each page of this person, the newest first, with what became of any of the page.
  newest() {
    const found = new Map();
    for (const key of this.keys(`${page.person}/`)) {
      const draft = storage.read(key);
      const path = key.slice(0, key.lastIndexOf("/"));
      if (!draft?.address) continue;
      const former = found.get(path) ?? draft;
      const state = { waits: former.waits || draft.waits, needsYou: former.needsYou || draft.needsYou };
      found.set(path, { ...(former.at >= draft.at ? former : draft), ...state });
    }
    return [...found.values()].sort((one, other) => other.at - one.at);
  },
  // Fills a list with a link to each of these pages, and the state of what was sent, where the list has words for it.
  // Returns how many there are.
  listIn(list) {
    const items = this.newest().map(({ title, address, waits, needsYou }) => {
      const [item, link, state] = ["li", "a", "small"].map((name) => document.createElement(name));
      link.className = "row";
      link.href = address;
      link.textContent = title;
      state.textContent = (needsYou && list.dataset.needsYou) || (waits && list.dataset.waits) || "";
      if (state.textContent) link.append(state);
      item.append(link);
      return item;
    });
    list.replaceChildren(...items);
    return items.length;
  },
};
