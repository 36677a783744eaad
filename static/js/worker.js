// Registers the service worker for people who are logged in, once the page is loaded. Log-out removes it (log-out.js).

const ADDRESS = "/sw.js";

function addressOfWorker() {
  // The only address that this policy lets through; browsers without trusted types take the text.
  const createScriptURL = (address) => {
    if (address !== ADDRESS) throw new TypeError(address);
    return address;
  };
  return window.trustedTypes?.createPolicy("brainlog-worker", { createScriptURL }).createScriptURL(ADDRESS) ?? ADDRESS;
}

async function register() {
  try {
    await navigator.serviceWorker.register(addressOfWorker(), { updateViaCache: "none" });
  } catch {
    // The pages work without it.
  }
}

const isWanted = "worker" in document.body.dataset && page.person;
if (isWanted && navigator.serviceWorker) addEventListener("load", register, { once: true });
