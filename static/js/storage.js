// Shared: localStorage, which may be full or forbidden. Values are JSON. Nothing here throws: pages work without it.

const storage = {
  read(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  },
  // Returns whether the value is stored.
  write(key, value) {
    try {
      localStorage.setItem(key, JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  },
  // Whether anything can be stored.
  isUsable() {
    const key = "brainlog-probe";
    const isStored = this.write(key, true);
    this.remove(key);
    return isStored;
  },
  remove(...keys) {
    try {
      for (const key of keys) localStorage.removeItem(key);
    } catch {
      // Nothing could be stored, so nothing is left behind.
    }
  },
  keys(prefix) {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    } catch {
      return [];
    }
  },
};
