// Comfort for readers whose browser runs scripts. Nothing here is needed to do anything: every part
// starts from HTML that works without it, found by data attributes, also in fragments that arrive later.
(() => {
  "use strict";
  const on = (name, act, target = document) => target.addEventListener(name, act);
  const all = (selector, root = document) => root.querySelectorAll(selector);
  const byId = (id) => document.getElementById(id);

  // Times: the server writes UTC; show the reader's zone in the same form (`web::components::date_time`) and keep
  // the exact UTC in the title.
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
      // A bare date is a day in AMC's or the query's own zone: moving it would change its meaning.
      if (!time.dateTime.includes("T")) continue;
      const at = new Date(time.dateTime);
      if (isNaN(at)) continue;
      const text = dateTime(at, time.hasAttribute("data-exact"));
      if (time.textContent !== text) time.textContent = text;
    }
  }

  // The elapsed time keeps counting between two answers, in the server's format.
  const units = [[86400, "d"], [3600, "h"], [60, "m"], [1, "s"]];
  function duration(seconds) {
    const at = units.findIndex(([size]) => seconds >= size);
    if (at < 0) return "0s";
    const [size, unit] = units[at];
    const [smaller, word] = units[at + 1] ?? [size];
    const rest = Math.floor((seconds % size) / smaller);
    return `${Math.floor(seconds / size)}${unit}${rest ? ` ${rest}${word}` : ""}`;
  }
  // A clock that goes wrong here is of no matter: only the steps between answers are measured.
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

  // Copy buttons: hidden until there is a script that can copy.
  function reveal(root) {
    if (!navigator.clipboard) return;
    for (const button of all("[data-copy],[data-copy-from],[data-copy-rows]", root)) button.hidden = false;
  }
  // The rows of a result are fetched as a spreadsheet takes them.
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

  // A menu that was opened closes by a click elsewhere and by Escape.
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

  // A poll that fails leaves the page as it is and says so; the next good answer takes it back.
  const troubles = { 401: "signedOut", 429: "tooMany" };
  function connection(status) {
    const place = byId("connection");
    if (!place) return;
    const text = place.dataset[status >= 500 ? "lost" : troubles[status]] ?? "";
    if (place.textContent !== text) place.textContent = text;
  }
  on("htmx:error", (event) => {
    // Without an answer it was the network; with one, a fault in what came.
    const ctx = event.detail?.ctx;
    if (ctx?.request && !ctx.response) connection(503);
  });
  on("htmx:after:request", (event) => {
    connection(event.detail.ctx.response.status);
  });

  // Forms: sent once, guarded while changed, run by Ctrl or Cmd and Enter.
  const changed = new Set();
  let leaving = false;
  on("input", (event) => {
    const form = event.target.form;
    if (!form?.hasAttribute("data-guard")) return;
    changed.add(form);
    form.querySelector("[data-kept]")?.removeAttribute("data-kept");
  });
  // Nothing is kept as a draft any more once its form was sent: that is on its way already.
  on("htmx:before:request", (event) => {
    const source = event.detail.ctx.sourceElement;
    if (source.closest("form")?.dataset.sent) event.preventDefault();
    // A list that nobody sees needs no news: it asks again when somebody looks.
    if (document.hidden && source.getAttribute("hx-trigger")?.startsWith("every 5s")) event.preventDefault();
  });
  // A draft that is kept needs no guard until the next change.
  on("htmx:after:swap", () => {
    for (const form of changed) if (form.querySelector("[data-kept]")) changed.delete(form);
  });
  // The last words too, when the tab is left or closed before their turn came.
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
    // A new query gets the address of its draft, which leads to what it became: Back shows what was there.
    const { draft, query } = form.elements;
    const to = event.submitter?.getAttribute("formaction") ?? "/executions";
    if (form.dataset.guard && draft && !query && to === "/executions") {
      history.replaceState(history.state, "", "/queries/new?draft=" + encodeURIComponent(draft.value));
    }
  });
  // Back from the next page: usable again.
  on("pageshow", () => {
    leaving = false;
    for (const form of all("form[data-sent]")) delete form.dataset.sent;
    for (const button of all("[data-busy]")) button.removeAttribute("data-busy");
  }, window);

  // Filters of a list apply at once: what follows the toolbar is fetched and replaced, so that the focus and what is being
  // typed stay where they are. Typing replaces the address in the history, a choice adds one.
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
  // Back and forward between what was filtered; a jump within the page keeps it.
  on("popstate", () => {
    if (location.search !== searched) location.reload();
  }, window);

  // The palette: what the search page finds, below the search of the bar while one types; arrows choose, Enter goes.
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

  // The theme changes in place, so that nothing that has been typed is lost to a reload.
  function switchTheme(event) {
    const { form } = event.submitter ?? {};
    if (!form) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(form, event.submitter));
    document.documentElement.dataset.theme = event.submitter.value;
    for (const button of all("button[name=theme]", form)) button.setAttribute("aria-pressed", button === event.submitter);
    fetch(form.getAttribute("action"), { method: "POST", body, redirect: "manual" }).catch(() => connection(503));
  }

  // Keys: single letters only where nobody is typing.
  on("keydown", (event) => {
    const typing = event.target.closest?.("input,textarea,select,[contenteditable]");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      // Outside of any form it is the form that the page is about.
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
