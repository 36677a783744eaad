// What is computed while its page is open: [data-computing] shows how far it is, by the address in [data-state], and
// the page is loaded again when it is done. A form with [data-asks-itself] is sent without a press, as the page opens.

const LOOK_MS = 2_000;
const asking = document.querySelector("form[data-asks-itself]");
const computed = [...document.querySelectorAll("[data-computing]")];

function loadAgain() {
  page.isLeaving = true;
  location.reload();
}

async function ask() {
  const answer = await fetch(asking.action, { method: "POST", body: new FormData(asking), redirect: "manual" });
  if (answer.type === "opaqueredirect") loadAgain();
}

async function look() {
  if (page.isLeaving || document.visibilityState === "hidden") return;
  const answer = await fetch(computed[0].dataset.state, { cache: "no-store", redirect: "error" }).catch(() => null);
  if (!answer?.ok) return;
  const { progress, words } = await answer.json();
  for (const each of computed) {
    const kind = each.dataset.computing;
    if (progress[kind] === null) return loadAgain();
    each.querySelector("progress").value = progress[kind];
    each.querySelector("span").textContent = words[kind];
  }
}

if (asking) ask().catch(() => null); // Without a network, the button stays.
if (computed.length) setInterval(look, LOOK_MS);
