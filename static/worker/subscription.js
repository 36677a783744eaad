// Keeps the push subscription of this browser and what the server has stored for it the same. A browser replaces its
// subscription now and then, or loses it, and not every browser sends an event then: pages ask for it as well.
//
// The server knows whether the person has added this browser. If so, a subscription that it does not have is sent to it, and
// one that it found to be dead is replaced; if not, it was removed on another device, and the subscription ends.

let isSubscriptionCompared = false; // Once for each start of this worker is enough.

const request = async (options) => (await fetch(RELEASE.subscription, { redirect: "error", cache: "no-store", ...options })).json();

async function renew(subscription, token) {
  const body = new URLSearchParams({ "push-subscription": JSON.stringify(subscription), csrfmiddlewaretoken: token });
  const { renewed } = await request({ method: "POST", body });
  if (!renewed) await subscription.unsubscribe();
}

async function compareSubscription() {
  const { pushManager } = self.registration;
  if ((await pushManager?.permissionState({ userVisibleOnly: true })) !== "granted") return;
  let subscription = await pushManager.getSubscription();
  const { token, key, device } = await request({});
  isSubscriptionCompared = true;
  if (!device) return void (await subscription?.unsubscribe());
  if (subscription?.endpoint === device.endpoint) {
    if (device.works) return;
    await subscription.unsubscribe();
    subscription = null;
  }
  await renew(subscription ?? (await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })), token);
}

// Without a network, a session or a push service, the next page of a person asks again.
const keepSubscription = () => compareSubscription().catch(() => {});

self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(keepSubscription()));
self.addEventListener("message", (event) => {
  if (event.data === "keep-subscription" && !isSubscriptionCompared) event.waitUntil(keepSubscription());
});
