// Registers the service worker for people who are logged in, once the page is loaded, and has it compare its push
// subscription with what the server has stored (worker/subscription.js). Log-out removes it (log-out.js).

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
    const { active } = await navigator.serviceWorker.register(addressOfWorker(), { updateViaCache: "none" });
    active?.postMessage("keep-subscription");
  } catch {
    // The pages work without it.
  }
}

const isWanted = "worker" in document.body.dataset && page.person;
if (isWanted && navigator.serviceWorker) addEventListener("load", register, { once: true });
