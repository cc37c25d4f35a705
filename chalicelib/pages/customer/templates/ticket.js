(function () {
  "use strict";
  var page = document.getElementById("page");
  var input = document.getElementById("q");
  var offers = document.getElementById("offers");
  var send = document.getElementById("send");
  var locate = document.getElementById("locate");
  var located = document.getElementById("located");

  function submit(fields) {
    Object.keys(fields).forEach(function (name) {
      var field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      field.value = fields[name];
      send.appendChild(field);
    });
    send.submit();
  }

  /* Where the phone is: found out only when the person presses the button. */
  if (locate && navigator.geolocation && window.isSecureContext !== false) {
    locate.hidden = false;
    locate.addEventListener("click", function () {
      located.textContent = locate.getAttribute("data-wait");
      locate.disabled = true;
      navigator.geolocation.getCurrentPosition(function (here) {
        submit({lat: here.coords.latitude.toFixed(5), lon: here.coords.longitude.toFixed(5)});
      }, function () {
        locate.disabled = false;
        located.textContent = locate.getAttribute("data-denied");
        input.focus();
      }, {timeout: 15000, maximumAge: 60000});
    });
  }

  /* Stops while typing (the ARIA combobox pattern); Enter without a choice sends the plain form. */
  if (input && window.fetch) {
    var chosen = -1, asked = 0, timer = 0, places = [];
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", "offers");
    var close = function () {
      offers.hidden = true;
      chosen = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    var mark = function (n) {
      var rows = offers.children;
      chosen = (n + rows.length) % rows.length;
      for (var i = 0; i < rows.length; i++) rows[i].setAttribute("aria-selected", String(i === chosen));
      input.setAttribute("aria-activedescendant", rows[chosen].id);
      rows[chosen].scrollIntoView({block: "nearest"});
    };
    var show = function (found) {
      places = found;
      offers.textContent = "";
      found.forEach(function (place, i) {
        var row = document.createElement("li");
        row.id = "offer-" + i;
        row.setAttribute("role", "option");
        row.setAttribute("aria-selected", "false");
        row.dir = "auto";
        row.textContent = place.name;
        row.addEventListener("mousedown", function (event) { event.preventDefault(); });
        row.addEventListener("click", function () { submit({stop_id: place.stop_id}); });
        offers.appendChild(row);
      });
      close();
      if (found.length) {
        offers.hidden = false;
        input.setAttribute("aria-expanded", "true");
      }
    };
    var ask = function () {
      var text = input.value.trim(), mine = ++asked;
      if (text.length < 2) return show([]);
      fetch(input.getAttribute("data-places") + "?q=" + encodeURIComponent(text), {credentials: "same-origin"})
        .then(function (answer) { return answer.ok ? answer.json() : {places: []}; })
        .then(function (answer) { if (mine === asked) show(answer.places); })
        .catch(function () { close(); });
    };
    close();
    input.addEventListener("input", function () { clearTimeout(timer); timer = setTimeout(ask, 150); });
    input.addEventListener("blur", function () { setTimeout(close, 150); });
    input.addEventListener("keydown", function (event) {
      if (offers.hidden) return;
      if (event.key === "ArrowDown") { event.preventDefault(); mark(chosen + 1); }
      if (event.key === "ArrowUp") { event.preventDefault(); mark(chosen < 0 ? -1 : chosen - 1); }
      if (event.key === "Escape") { event.preventDefault(); close(); }
      if (event.key === "Enter" && chosen >= 0) { event.preventDefault(); submit({stop_id: places[chosen].stop_id}); }
    });
  }

  if (navigator.serviceWorker && window.isSecureContext) navigator.serviceWorker.register("sw.js").catch(function () {});

  /* Keep what is shown fresh without moving anybody's focus, folding anything, or touching a form. */
  var every = Number(page.getAttribute("data-refresh-s")) * 1000;
  if (!every || !window.fetch || !window.DOMParser) return;
  var waiting = 0, last = Date.now(), etag = "", failed = 0, offline = document.getElementById("offline");

  function busy() {
    return input && (input.value || document.activeElement === input);
  }
  function swap(old, fresh) {
    var open = {}, focus = old.contains(document.activeElement) && document.activeElement;
    old.querySelectorAll("details[id]").forEach(function (fold) { open[fold.id] = fold.open; });
    if (focus && !focus.closest("details[id]")) return;
    var held = focus && focus.closest("details[id]").id;
    fresh.querySelectorAll("details[id]").forEach(function (fold) { fold.open = Boolean(open[fold.id]); });
    if (old.innerHTML === fresh.innerHTML) return;
    old.innerHTML = fresh.innerHTML;
    var again = held && document.querySelector("#" + held + " > summary");
    if (again) again.focus({preventScroll: true});
  }
  function renew(text) {
    var other = new DOMParser().parseFromString(text, "text/html").getElementById("page");
    if (!other || other.getAttribute("data-scene") !== page.getAttribute("data-scene")) {
      if (!busy()) location.replace(location.pathname);
      return;
    }
    page.className = other.className;
    every = Number(other.getAttribute("data-refresh-s")) * 1000;
    document.querySelectorAll("[data-live]").forEach(function (old) {
      var fresh = other.querySelector("#" + old.id);
      if (fresh) swap(old, fresh);
    });
  }
  function refresh() {
    last = Date.now();
    fetch(location.pathname, {credentials: "same-origin", cache: "no-store", headers: etag ? {"If-None-Match": etag} : {}})
      .then(function (answer) {
        failed = 0;
        offline.hidden = true;
        if (answer.ok) etag = answer.headers.get("ETag") || "";
        if (answer.ok) return answer.text().then(renew);
        if (answer.status === 404) location.replace(location.pathname);
      })
      .catch(function () { failed += 1; offline.hidden = false; })
      .then(later);
  }
  function later() {
    clearTimeout(waiting);
    if (every && !document.hidden) waiting = setTimeout(refresh, every * Math.min(1 << failed, 16));
  }
  document.addEventListener("visibilitychange", function () {
    if (!document.hidden && every && Date.now() - last > 15000) refresh(); else later();
  });
  later();
})();
