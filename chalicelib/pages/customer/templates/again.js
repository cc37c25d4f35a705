(function () {
  "use strict";
  /* Asks whether the page can be shown again, and loads it only then: nothing moves under somebody who reads. */
  var every = Number(document.getElementById("page").getAttribute("data-again-s")) * 1000;
  if (!window.fetch) return;
  function ask() {
    fetch(location.href, {credentials: "same-origin", cache: "no-store"})
      .then(function (answer) { if (answer.status < 500) location.reload(); else setTimeout(ask, every); })
      .catch(function () { setTimeout(ask, every); });
  }
  setTimeout(ask, every);
})();
