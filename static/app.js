// Progressive enhancement: every part starts from HTML that works without JavaScript. Elements are found by data
// attributes, including those in fragments that are loaded later.
(() => {
  "use strict";
  // Pages require trusted types: htmx swaps markup of this server, and no text ever becomes a script.
  globalThis.trustedTypes?.createPolicy("default", { createHTML: (markup) => markup });
  const on = (name, act, target = document) => target.addEventListener(name, act);
  const all = (selector, root = document) => root.querySelectorAll(selector);
  const byId = (id) => document.getElementById(id);

  // Times: the server writes UTC. Show the reader's time zone in the same format (`web::components::date_time`), and
  // the exact UTC time in the title.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const style = new Intl.DateTimeFormat("en-US", {
    year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  });
  function dateTime(at, exact) {
    const { day, month, year, hour, minute, second } = Object.fromEntries(style.formatToParts(at).map(({ type, value }) => [type, value]));
    return `${day} ${month} ${year}, ${hour}:${minute}${exact ? `:${second}` : ""}`;
  }
  function localise(root) {
    for (const time of all("time[datetime]", root)) {
      // A date without a time is a day in the time zone of AMC or the query: converting it would change its meaning.
      if (!time.dateTime.includes("T")) continue;
      const at = new Date(time.dateTime);
      if (isNaN(at)) continue;
      const text = dateTime(at, time.hasAttribute("data-exact"));
      if (time.textContent !== text) time.textContent = text;
    }
  }

  // The elapsed time keeps counting between updates, in the server's format.
  const units = [[86400, "d"], [3600, "h"], [60, "m"], [1, "s"]];
  function duration(seconds) {
    const at = units.findIndex(([size]) => seconds >= size);
    if (at < 0) return "0s";
    const [size, unit] = units[at];
    const [smaller, word] = units[at + 1] ?? [size];
    const rest = Math.floor((seconds % size) / smaller);
    return `${Math.floor(seconds / size)}${unit}${rest ? ` ${rest}${word}` : ""}`;
  }
  // An incorrect local clock doesn't matter: only the time between updates is measured.
  const began = new WeakMap();
  function start(root) {
    for (const place of all("[data-seconds]", root)) {
      if (!began.has(place)) began.set(place, performance.now() - place.dataset.seconds * 1000);
    }
  }
  setInterval(() => {
    for (const place of all("[data-seconds]")) {
      if (!began.has(place)) continue;
      const text = duration(Math.floor((performance.now() - began.get(place)) / 1000));
      if (place.textContent !== text) place.textContent = text;
    }
  }, 1000);

  // The contents beside a text mark the section that is read.
  const contents = document.querySelector("[data-contents]");
  if (contents && window.IntersectionObserver) {
    const links = new Map([...all("a[href^='#']", contents)].map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
    const seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        for (const link of links.values()) link.removeAttribute("aria-current");
        links.get(target.id)?.setAttribute("aria-current", "location");
      }
    }, { rootMargin: "-10% 0px -70% 0px" });
    for (const id of links.keys()) {
      const heading = document.getElementById(id);
      if (heading) seen.observe(heading);
    }
  }

  // Copy buttons are hidden without JavaScript.
  function reveal(root) {
    if (!navigator.clipboard) return;
    for (const button of all("[data-copy],[data-copy-from],[data-copy-rows]", root)) button.hidden = false;
  }
  // Rows of a result are requested in the Excel-safe format.
  async function rows(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(answer.status);
    return answer.text();
  }
  on("click", async (event) => {
    const button = event.target.closest?.("[data-copy],[data-copy-from],[data-copy-rows]");
    if (!button) return;
    const { copy, copyFrom, copyRows } = button.dataset;
    const use = button.querySelector("use");
    const icon = use?.getAttribute("href");
    try {
      await navigator.clipboard.writeText(copyRows ? await rows(copyRows) : copy ?? byId(copyFrom)?.textContent ?? "");
      use?.setAttribute("href", icon.replace(/#.*/, "#check"));
    } catch {
      use?.setAttribute("href", icon.replace(/#.*/, "#x"));
    }
    setTimeout(() => use?.setAttribute("href", icon), 1500);
  });

  // A click outside or Escape closes an open menu.
  function close(besides) {
    for (const menu of all("details.drop[open]")) if (!menu.contains(besides)) menu.open = false;
  }
  on("click", (event) => close(event.target));
  on("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest?.("details.drop[open]");
    if (!menu) return;
    close();
    menu.querySelector("summary").focus();
  });

  function dress(root) {
    localise(root);
    start(root);
    reveal(root);
    for (const button of all("form[data-filter] button.button", root)) button.hidden = true;
    for (const place of all("[data-zone]", root)) place.textContent = `Times in ${zone}`;
  }
  on("DOMContentLoaded", () => dress(document));
  on("htmx:after:swap", () => dress(document));

  // A failed poll leaves the page unchanged and shows a message until the next successful response.
  const troubles = { 401: "signedOut", 429: "tooMany" };
  function connection(status) {
    const place = byId("connection");
    if (!place) return;
    const text = place.dataset[status >= 500 ? "lost" : troubles[status]] ?? "";
    if (place.textContent !== text) place.textContent = text;
  }
  on("htmx:error", (event) => {
    // Without a response it was a network error; otherwise the response was invalid.
    const ctx = event.detail?.ctx;
    if (ctx?.request && !ctx.response) connection(503);
  });
  on("htmx:after:request", (event) => {
    connection(event.detail.ctx.response.status);
  });

  // Forms: submit once, warn about unsaved changes, submit with Ctrl+Enter or Cmd+Enter.
  const changed = new Set();
  let leaving = false;
  on("input", (event) => {
    const form = event.target.form;
    if (!form?.hasAttribute("data-guard")) return;
    changed.add(form);
    form.querySelector("[data-kept]")?.removeAttribute("data-kept");
  });
  // Once a form is submitted, its draft is no longer saved.
  on("htmx:before:request", (event) => {
    const source = event.detail.ctx.sourceElement;
    if (source.closest("form")?.dataset.sent) event.preventDefault();
    // Lists in hidden tabs aren't updated until the tab is visible again.
    if (document.hidden && source.getAttribute("hx-trigger")?.startsWith("every 5s")) event.preventDefault();
  });
  // A saved draft needs no warning until the next change.
  on("htmx:after:swap", () => {
    for (const form of changed) if (form.querySelector("[data-kept]")) changed.delete(form);
  });
  // Also save the latest changes when the tab is hidden or closed.
  on("visibilitychange", () => {
    if (document.visibilityState !== "hidden") return;
    for (const form of changed) {
      const { guard, sent } = form.dataset;
      if (!guard || sent || !form.isConnected) continue;
      const body = new URLSearchParams(new FormData(form));
      fetch(guard, { method: "POST", body, headers: { "HX-Request": "true" }, keepalive: true }).catch(() => {});
    }
  });
  on("beforeunload", (event) => {
    if (!leaving && [...changed].some((form) => form.isConnected)) event.preventDefault();
  }, window);
  on("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || event.submitter?.formTarget) return;
    if (form.matches("[data-theme-switch]")) return switchTheme(event);
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    event.submitter?.setAttribute("data-busy", "");
    leaving = !changed.size || changed.has(form);
    // A new query gets the address of its draft, which redirects to the saved query, so that Back works.
    const { draft, query } = form.elements;
    const to = event.submitter?.getAttribute("formaction") ?? "/executions";
    if (form.dataset.guard && draft && !query && to === "/executions") {
      history.replaceState(history.state, "", "/queries/new?draft=" + encodeURIComponent(draft.value));
    }
    keep(form);
  });
  // If the session had ended when a form was submitted, its text is filled in again after sign-in in the same tab.
  let store = {};
  // A browser that refuses all storage throws here.
  try { store = globalThis.sessionStorage; } catch { /* nothing is kept */ }
  const isBox = (one) => one.type === "checkbox" || one.type === "radio";
  const inputs = (form) => [...form.elements].filter((one) => one.name && !/^(hidden|password|file|submit|fieldset)$/.test(one.type));
  const here = () => location.pathname + location.search;
  function keep(form) {
    if (location.pathname === "/sign-in") return;
    const values = inputs(form).map((one) => [one.name, isBox(one) ? one.checked : one.value]);
    const kept = { here: here(), at: [...document.forms].indexOf(form), action: form.getAttribute("action"), values };
    // Without room in the store, nothing is kept.
    try { store.kept = JSON.stringify(kept); } catch { delete store.kept; }
  }
  function restore() {
    if (location.pathname === "/sign-in" || location.pathname.startsWith("/auth/")) {
      if (location.search.includes("unsaved=yes")) store.lost = "yes";
      return;
    }
    const kept = store.lost && store.kept && JSON.parse(store.kept);
    delete store.kept;
    delete store.lost;
    if (!kept || kept.here !== here()) return;
    const { pathname, search } = location;
    // A draft that was never stored has no page.
    if (pathname === "/queries/new" && search && !document.querySelector("[name=sql]")) {
      Object.assign(store, { lost: "yes", kept: JSON.stringify({ ...kept, here: pathname }) });
      return location.replace(pathname);
    }
    const form = document.forms[kept.at];
    if (kept.action !== form?.getAttribute("action")) return;
    inputs(form).forEach((one, at) => {
      const [name, value] = kept.values[at] ?? [];
      if (name === one.name) one[isBox(one) ? "checked" : "value"] = value;
    });
    if (form.hasAttribute("data-guard")) changed.add(form);
    const note = document.createElement("p");
    note.className = "callout";
    note.dataset.tone = "info";
    note.setAttribute("role", "status");
    note.textContent = byId("connection").dataset.restored;
    form.before(note);
  }
  restore();
  // Make the form usable again after Back.
  on("pageshow", () => {
    leaving = false;
    for (const form of all("form[data-sent]")) delete form.dataset.sent;
    for (const button of all("[data-busy]")) button.removeAttribute("data-busy");
  }, window);

  // List filters apply immediately: everything after the toolbar is fetched and replaced, so focus and text being typed are
  // preserved. Typing replaces the history entry; a selection adds one.
  let turn = 0;
  let typing;
  let searched = location.search;
  const empty = () => document.createElement("span");
  async function filter(form, adds, submitter) {
    clearTimeout(typing);
    const mine = ++turn;
    const fields = new URLSearchParams([...new FormData(form, submitter)].filter(([, value]) => value));
    const url = form.getAttribute("action") + (fields.size ? `?${fields}` : "");
    form.dataset.loading = "";
    let page;
    try {
      const answer = await fetch(url);
      if (mine !== turn) return;
      if (!answer.ok || answer.redirected) return location.assign(url);
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch {
      if (mine === turn) connection(503);
    }
    if (mine !== turn) return;
    delete form.dataset.loading;
    const fresh = page?.querySelector("form[data-filter]");
    if (!fresh) return page && location.assign(url);
    connection(200);
    while (form.nextSibling) form.nextSibling.remove();
    for (const node of [...fresh.parentNode.childNodes].slice([...fresh.parentNode.childNodes].indexOf(fresh) + 1)) form.parentNode.append(node);
    form.querySelector(".end")?.replaceWith(fresh.querySelector(".end") ?? empty());
    window.htmx?.process(form.parentNode);
    dress(form.parentNode);
    form.querySelector("[data-found]").textContent = form.parentNode.querySelector(".empty h2, .pager p")?.textContent ?? "";
    history[adds ? "pushState" : "replaceState"](null, "", url);
    searched = location.search;
  }
  const filters = (event) => event.target.closest?.("form[data-filter]");
  on("input", (event) => {
    const form = filters(event);
    if (!form || event.target.type !== "search") return;
    clearTimeout(typing);
    typing = setTimeout(() => filter(form, false), 300);
  });
  on("change", (event) => {
    const form = filters(event);
    if (form && event.target.type !== "search") filter(form, true);
  });
  on("submit", (event) => {
    const form = filters(event);
    if (!form) return;
    event.preventDefault();
    filter(form, true, event.submitter);
  });
  // Back and Forward restore earlier filters; jumps within the page change nothing.
  on("popstate", () => {
    if (location.search !== searched) location.reload();
  }, window);

  // The palette shows search results below the search field during typing; arrow keys select, Enter opens.
  const search = () => document.querySelector("[data-palette]");
  let asked = 0;
  let asking;
  const options = () => [...all("#palette [role=option]:not([aria-disabled])")];
  function choose(option) {
    for (const one of options()) one.setAttribute("aria-selected", one === option);
    option?.scrollIntoView({ block: "nearest" });
    if (option) search().setAttribute("aria-activedescendant", option.id);
    else search().removeAttribute("aria-activedescendant");
  }
  function showPalette(shown) {
    const input = search();
    byId("palette").hidden = !shown;
    input.setAttribute("aria-expanded", shown);
    if (!shown) choose();
  }
  async function look() {
    const mine = ++asked;
    const input = search();
    let text;
    try {
      const answer = await fetch(`/search?${new URLSearchParams({ q: input.value })}`, { headers: { "HX-Request": "true" } });
      if (!answer.ok || answer.redirected) return;
      text = await answer.text();
    } catch {
      return connection(503);
    }
    if (mine !== asked || document.activeElement !== input) return;
    const list = byId("palette");
    list.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
    options().forEach((option, at) => {
      option.id = `palette-${at}`;
      option.tabIndex = -1;
    });
    byId("palette-count").textContent = list.dataset.count = `${options().length} results`;
    showPalette(true);
    if (input.value) choose(options()[0]);
  }
  on("DOMContentLoaded", () => {
    const input = search();
    if (!input) return;
    const about = { role: "combobox", "aria-expanded": "false", "aria-controls": "palette", "aria-autocomplete": "list" };
    for (const [name, value] of Object.entries(about)) input.setAttribute(name, value);
    on("input", () => {
      clearTimeout(asking);
      asking = setTimeout(look, 120);
    }, input);
    on("keydown", (event) => {
      if (event.key === "Escape") {
        asked += 1;
        if (byId("palette").hidden) return;
        event.preventDefault();
        return showPalette(false);
      }
      const list = byId("palette").hidden ? [] : options();
      const at = list.findIndex((option) => option.getAttribute("aria-selected") === "true");
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && list.length) {
        event.preventDefault();
        choose(list.at((at + step + list.length) % list.length));
      } else if (event.key === "ArrowDown") {
        event.preventDefault();
        look();
      } else if (event.key === "Enter" && list[at] && !event.isComposing) {
        event.preventDefault();
        list[at].click();
      }
    }, input);
    on("focusout", () => setTimeout(() => {
      if (!byId("palette").contains(document.activeElement) && document.activeElement !== input) showPalette(false);
    }, 150), input);
  });
  on("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || !search()) return;
    event.preventDefault();
    search().focus();
    search().select();
    look();
  });

  // The theme changes without a reload, so that typed text isn't lost.
  function switchTheme(event) {
    const { form } = event.submitter ?? {};
    if (!form) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    document.documentElement.dataset.theme = event.submitter.value;
    for (const button of all("button[name=theme]", form)) button.setAttribute("aria-pressed", button === event.submitter);
    fetch(form.getAttribute("action"), { method: "POST", body, redirect: "manual" }).catch(() => connection(503));
  }

  // Keyboard shortcuts; single letters don't work in inputs.
  on("keydown", (event) => {
    const typing = event.target.closest?.("input,textarea,select,[contenteditable]");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      // Outside of a form, submit the main form of the page.
      const form = event.target.closest?.("form") ?? document.querySelector("form[data-guard]");
      const button = form?.querySelector("button.primary");
      if (!button) return;
      event.preventDefault();
      return form.requestSubmit(button);
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      const search = byId("search");
      if (!search) return;
      event.preventDefault();
      search.select();
      search.focus();
    } else if (event.key === "?") byId("keys")?.togglePopover?.();
  });
})();
