// Passkeys: makes or uses one on the device, puts the credential into the form, and sends it.
// form[data-passkey] is "add", "use" or "login"; data-options holds the server's options, which for "login" are fetched
// once the button is pressed.

const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const toText = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const withIds = (list) => list?.map((each) => ({ ...each, id: toBytes(each.id) }));

const ways = {
  async add({ creation_options: { publicKey } }) {
    return navigator.credentials.create({
      publicKey: {
        ...publicKey,
        challenge: toBytes(publicKey.challenge),
        user: { ...publicKey.user, id: toBytes(publicKey.user.id) },
        excludeCredentials: withIds(publicKey.excludeCredentials),
        authenticatorSelection: {
          ...publicKey.authenticatorSelection,
          residentKey: "required",
          requireResidentKey: true,
          userVerification: "required",
        },
      },
    });
  },
  async use({ request_options: { publicKey } }) {
    return navigator.credentials.get({
      publicKey: {
        ...publicKey,
        challenge: toBytes(publicKey.challenge),
        allowCredentials: withIds(publicKey.allowCredentials),
      },
    });
  },
  async login(_, form) {
    const response = await fetch(form.action, { headers: { Accept: "application/json" } });
    return ways.use(await response.json());
  },
};

function asJson({ id, rawId, type, response, authenticatorAttachment }, extensions) {
  const said = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) said[name] = toText(response[name]);
  }
  if (response.getTransports) said.transports = response.getTransports();
  return JSON.stringify({
    id, rawId: toText(rawId), type, response: said, authenticatorAttachment, clientExtensionResults: extensions,
  });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  const refused = form.querySelector("[role=alert]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    refused.hidden = true;
    try {
      const options = JSON.parse(form.dataset.options ?? "null");
      const credential = await ways[form.dataset.passkey](options, form);
      form.elements.credential.value = asJson(credential, credential.getClientExtensionResults());
      form.submit();
    } catch {
      // Cancelled, timed out, or the device has none: the person may try again, or another way.
      refused.hidden = false;
    }
  });
}
