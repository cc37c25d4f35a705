/* Keeps the one plan that was opened last, readable without a network. The hub erases it (Clear-Site-Data). */
const KEPT = "plan";
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", event => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", event => {
  const request = event.request, path = new URL(request.url).pathname;
  if (request.method !== "GET" || !/\/t\/[^/.]+$/.test(path)) return;
  event.respondWith(fetch(request).then(async answer => {
    if (answer.status === 200 && !answer.headers.has("Clear-Site-Data")) {
      const copy = answer.clone();
      await caches.delete(KEPT);
      await (await caches.open(KEPT)).put(path, copy);
    }
    return answer;
  }, async trouble => {
    const kept = await (await caches.open(KEPT)).match(path);
    if (kept) return kept;
    throw trouble;
  }));
});
