// The code editor for `<textarea data-editor>`. The textarea remains authoritative: every change is written to it with an
// `input` event, so drafts, checks and the form work the same without this file. The editor is in a shadow root with adopted
// style sheets, which the content security policy allows.
(() => {
  "use strict";
  const {
    Compartment, EditorState, EditorView, HighlightStyle, Prec, StateEffect, StateField, StreamLanguage, acceptCompletion, autocompletion,
    bracketMatching, closeBrackets, closeBracketsKeymap, codeFolding, completionKeymap, defaultKeymap, drawSelection, dropCursor, foldGutter,
    foldKeymap, foldService, highlightActiveLine, highlightActiveLineGutter, highlightSelectionMatches, history, historyKeymap, hoverTooltip,
    indentUnit, indentWithTab, keymap, lineNumbers, lintGutter, lintKeymap, placeholder, searchKeymap, setDiagnostics, showDialog, showTooltip,
    startCompletion, syntaxHighlighting, tags,
  } = window.CodeMirror;
  const byId = (id) => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // ── requests to the server ────────────────────────────────────────────────────────────────────
  async function ask(form, address, fields, signal) {
    const body = new URLSearchParams({ sql: form.elements.sql.value, instance: form.elements.instance?.value ?? "", ...fields });
    const answer = await fetch(address, { method: "POST", body, signal, headers: { Accept: "application/json", "X-Typing": "1" } });
    return answer.ok ? answer.json() : null;
  }
  let loaded = "";
  let catalogue = Promise.resolve(null);
  function sources() {
    const address = byId("schema-sources")?.dataset.catalogue ?? "";
    if (address && address !== loaded) {
      loaded = address;
      catalogue = fetch(address).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null);
    }
    return catalogue;
  }

  // ── the language ──────────────────────────────────────────────────────────────────────────────
  const words = (text) => new Set(text.split(" "));
  const KEYWORDS = words("select distinct all from where group by having order limit with as join inner left right full outer cross natural on using union intersect except and or not in is null true false between like similar to escape case when then else end exists cast extract over partition rows range preceding following unbounded current row filter within values array interval asc desc nulls first last table for window");
  const TYPES = words("string varchar char int integer bigint long double decimal float boolean date timestamp binary varbinary");
  const sql = StreamLanguage.define({
    name: "amcsql",
    startState: () => ({ block: false, text: "" }),
    token(stream, state) {
      if (state.block) {
        if (stream.skipTo("*/")) {
          stream.match("*/");
          state.block = false;
        } else stream.skipToEnd();
        return "comment";
      }
      if (state.text) {
        const quote = state.text;
        while (!stream.eol()) {
          if (stream.next() !== quote) continue;
          if (stream.peek() === quote) stream.next();
          else {
            state.text = "";
            break;
          }
        }
        return quote === "'" ? "string" : "variableName.special";
      }
      if (stream.eatSpace()) return null;
      if (stream.match("--")) {
        stream.skipToEnd();
        return "comment";
      }
      if (stream.match("/*")) {
        state.block = true;
        return "comment";
      }
      if (stream.match(/^\{\{\s*[A-Za-z_]\w*\s*\}\}/)) return "meta";
      const next = stream.next();
      if (next === "'" || next === '"') {
        state.text = next;
        return next === "'" ? "string" : "variableName.special";
      }
      if (/\d/.test(next)) {
        stream.match(/^\d*(\.\d*)?([eE][+-]?\d+)?/);
        return "number";
      }
      if (/[\p{L}_]/u.test(next)) {
        stream.match(/^[\p{L}\p{N}_$]*/u);
        const word = stream.current().toLowerCase();
        if (KEYWORDS.has(word)) return "keyword";
        if (stream.match(/^\s*\(/, false)) return "variableName.function";
        return TYPES.has(word) ? "typeName" : "variableName";
      }
      return /[()[\],.;]/.test(next) ? "punctuation" : "operator";
    },
    languageData: { commentTokens: { line: "--", block: { open: "/*", close: "*/" } }, closeBrackets: { brackets: ["(", "[", "{", "'", '"'] } },
    tokenTable: { "variableName.function": tags.function(tags.variableName), "variableName.special": tags.special(tags.variableName) },
  });
  // Multi-line parentheses can be folded.
  const folding = foldService.of((state, from, to) => {
    const line = state.doc.sliceString(from, to);
    let open = -1;
    let depth = 0;
    for (let at = line.length - 1; at >= 0; at--) {
      if (line[at] === ")") depth++;
      else if (line[at] === "(" && depth-- === 0) {
        open = at;
        break;
      }
    }
    if (open < 0) return null;
    depth = 1;
    const rest = state.doc.sliceString(from + open + 1, Math.min(state.doc.length, from + 100_000));
    for (let at = 0; at < rest.length; at++) {
      if (rest[at] === "(") depth++;
      else if (rest[at] === ")" && --depth === 0) return rest.slice(0, at).includes("\n") ? { from: from + open + 1, to: from + open + 1 + at } : null;
    }
    return null;
  });

  // ── styles: the tokens of the page, which also apply in the shadow root ───────────────────────
  const wavy = (tone) => ({ backgroundImage: "none", textDecoration: `underline wavy var(--${tone}) 1px`, textUnderlineOffset: ".2em", paddingBottom: "0" });
  const marker = (tone) => ({ content: '""', width: ".6em", height: ".6em", margin: ".35em auto", borderRadius: "50%", background: `var(--${tone})` });
  const theme = EditorView.theme({
    "&": { flex: "1", minWidth: "0", height: "100%", color: "var(--ink)", fontSize: "13px", backgroundColor: "var(--raised)" },
    "&.cm-focused": { outline: "none" },
    ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", overflow: "auto" },
    ".cm-content": { caretColor: "var(--ink)", padding: "6px 0" },
    ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
    ".cm-gutters": { color: "var(--ink-2)", backgroundColor: "var(--sunken)", borderRight: "1px solid var(--line)" },
    ".cm-activeLine": { backgroundColor: "color-mix(in oklab, var(--accent) 5%, transparent)" },
    ".cm-activeLineGutter": { backgroundColor: "var(--hover)", color: "var(--ink)" },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "color-mix(in oklab, var(--accent) 24%, transparent)" },
    ".cm-selectionMatch": { backgroundColor: "color-mix(in oklab, var(--accent) 14%, transparent)" },
    ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--accent-soft)", outline: "1px solid var(--accent)" },
    ".cm-foldPlaceholder": { color: "var(--ink-2)", background: "var(--hover)", border: "0", padding: "0 .4em" },
    ".cm-foldGutter .cm-gutterElement": { color: "var(--ink-2)" },
    ".cm-placeholder": { color: "var(--ink-2)" },
    ".cm-tooltip": { color: "var(--ink)", backgroundColor: "var(--raised)", border: "1px solid var(--line-2)", borderRadius: "6px", boxShadow: "var(--shadow-l)", maxWidth: "min(34rem, 90vw)" },
    ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: "12.5px", maxHeight: "18em" },
    ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "2px 8px", lineHeight: "1.5" },
    ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { color: "#fff", backgroundColor: "var(--accent-fill)" },
    ".cm-completionDetail": { fontStyle: "normal", opacity: ".75", marginLeft: "1.2em", fontSize: ".92em" },
    ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
    ".cm-completionInfo, .cm-help": { padding: "8px 10px", fontFamily: "var(--sans)", fontSize: "13px", lineHeight: "1.45", whiteSpace: "pre-line" },
    ".cm-help code": { fontFamily: "var(--mono)", fontSize: ".95em" },
    ".cm-help b": { fontFamily: "var(--mono)", fontWeight: "600" },
    ".cm-help p": { margin: "4px 0 0", color: "var(--ink-2)" },
    ".cm-help mark": { color: "var(--accent)", background: "none", fontWeight: "700" },
    ".cm-panels": { color: "var(--ink)", backgroundColor: "var(--sunken)", fontFamily: "var(--sans)" },
    ".cm-panels-bottom": { borderTop: "1px solid var(--line)" },
    ".cm-panel input, .cm-panel button, .cm-textfield, .cm-button": { color: "var(--ink)", background: "var(--raised)", backgroundImage: "none", border: "1px solid var(--line-2)", borderRadius: "4px", fontSize: "12px", padding: "2px 6px" },
    ".cm-panel.cm-search [name=close], .cm-dialog-close": { color: "var(--ink-2)" },
    ".cm-lintRange-error": wavy("failed"), ".cm-lintRange-warning": wavy("waiting"), ".cm-lintRange-info": wavy("accent"), ".cm-lintRange-hint": wavy("accent"),
    ".cm-lintRange-active": { backgroundColor: "var(--waiting-soft)" },
    ".cm-gutter-lint": { width: "1em" },
    ".cm-lint-marker": { width: "1em" },
    ".cm-lint-marker-error": marker("failed"), ".cm-lint-marker-warning": marker("waiting"), ".cm-lint-marker-info": marker("accent"),
    ".cm-diagnostic": { padding: "6px 10px", fontFamily: "var(--sans)", fontSize: "13px", whiteSpace: "pre-line", borderLeft: "4px solid" },
    ".cm-diagnostic-error": { borderLeftColor: "var(--failed)" }, ".cm-diagnostic-warning": { borderLeftColor: "var(--waiting)" }, ".cm-diagnostic-info": { borderLeftColor: "var(--accent)" },
    ".cm-diagnosticAction": { color: "#fff", backgroundColor: "var(--accent-fill)", borderRadius: "4px", padding: "3px 8px" },
    ".cm-announced": { position: "fixed", top: "-10000px" },
  });
  const colors = HighlightStyle.define([
    { tag: tags.keyword, color: "var(--accent)", fontWeight: "600" },
    { tag: tags.function(tags.variableName), color: "var(--running)" },
    { tag: tags.typeName, color: "var(--running)" },
    { tag: tags.string, color: "var(--done)" },
    { tag: tags.number, color: "var(--waiting)" },
    { tag: tags.comment, color: "var(--ink-2)", fontStyle: "italic" },
    { tag: tags.meta, color: "var(--waiting)", fontWeight: "600" },
    { tag: tags.special(tags.variableName), color: "var(--ink)" },
    { tag: [tags.operator, tags.punctuation], color: "var(--ink-2)" },
  ]);

  // ── help: completion, hover, arguments ────────────────────────────────────────────────────────
  const el = (tag, text, className) => {
    const node = document.createElement(tag);
    if (text) node.textContent = text;
    if (className) node.className = className;
    return node;
  };
  const TYPES_OF = { column: "property", source: "class", cte: "class", alias: "variable", function: "function", keyword: "keyword", parameter: "constant", value: "text" };
  const option = (item) => ({
    label: item.label, apply: item.apply ?? item.label, type: TYPES_OF[item.kind] ?? "text", detail: item.detail, boost: item.boost ?? 0,
    info: item.info ? () => el("div", item.info) : undefined,
  });
  // Whether a position is in quotes or in a comment, judging by its line alone.
  function isWritten(state, pos) {
    const line = state.doc.lineAt(pos);
    const code = line.text.slice(0, pos - line.from).replace(/'(?:[^']|'')*'|\/\*.*?\*\//g, "");
    return /'|--|\/\*/.test(code);
  }
  // Sources and functions are completed from the catalogue immediately; names in scope are requested.
  function local(form) {
    return async (context) => {
      const word = context.matchBefore(/[\p{L}_][\p{L}\p{N}_$]*/u);
      if (!word && !context.explicit) return null;
      if (isWritten(context.state, word?.from ?? context.pos)) return null;
      const before = context.state.doc.sliceString(Math.max(0, context.pos - 400), word?.from ?? context.pos);
      if (/\.\s*$|\{\{\s*$/.test(before)) return null;
      const known = await sources();
      if (!known) return null;
      const isTable = /\b(from|join)\s+$/i.test(before);
      const items = isTable ? known.sources.map((it) => ({ label: it.name, kind: "source", detail: it.title, info: it.help, boost: -10 })) : known.functions.map((it) => ({ label: it.name, kind: "function", apply: it.name + "(", detail: it.usage, info: it.help, boost: -20 }));
      // FROM comes before FROM_VARBINARY, and WHERE before WHEN.
      const first = /^(SELECT|FROM|WHERE|GROUP BY|ORDER BY|HAVING|LEFT JOIN|UNION ALL|WITH|DISTINCT)$/;
      const keywords = isTable ? [] : known.keywords.map((label) => ({ label, kind: "keyword", boost: first.test(label) ? -15 : -18 }));
      return { from: word?.from ?? context.pos, options: [...items, ...keywords].map(option), validFor: /^[\p{L}\p{N}_$]*$/u };
    };
  }
  function scoped(form) {
    return async (context) => {
      const word = context.matchBefore(/[\p{L}_][\p{L}\p{N}_$]*/u);
      const before = context.state.doc.sliceString(Math.max(0, (word?.from ?? context.pos) - 2), word?.from ?? context.pos);
      if (!word && !context.explicit && !/[.{']$/.test(before)) return null;
      const abort = new AbortController();
      context.addEventListener("abort", () => abort.abort());
      const answer = await ask(form, "/queries/complete", { at: context.pos }, abort.signal).catch(() => null);
      if (!answer?.options.length) return null;
      return { from: answer.from, options: answer.options.map(option), validFor: /^[\p{L}\p{N}_$]*$/u };
    };
  }
  function card(help) {
    const box = el("div", "", "cm-help");
    box.append(el("b", help.title));
    for (const line of help.lines) box.append(el("p", line));
    return box;
  }
  const hover = (form) => hoverTooltip(async (view, at) => {
    const help = await ask(form, "/queries/assist", { ask: "hover", at }).catch(() => null);
    return help?.title ? { pos: help.from, end: help.to, above: true, create: () => ({ dom: card(help) }) } : null;
  }, { hoverTime: 250 });
  const setCall = StateEffect.define();
  const call = StateField.define({
    create: () => null,
    update(value, transaction) {
      for (const effect of transaction.effects) if (effect.is(setCall)) return effect.value;
      return value && transaction.docChanged ? { ...value, pos: transaction.changes.mapPos(value.pos) } : value;
    },
    provide: (field) => showTooltip.from(field),
  });
  function callCard(help) {
    const box = el("div", "", "cm-help");
    const usage = el("code");
    const [start, end] = help.argument ?? [0, 0];
    usage.append(help.usage.slice(0, start), el("mark", help.usage.slice(start, end)), help.usage.slice(end));
    box.append(usage, el("p", help.help));
    return box;
  }
  function calls(form) {
    let timer;
    let turn = 0;
    return EditorView.updateListener.of((update) => {
      if (!update.docChanged && !update.selectionSet) return;
      clearTimeout(timer);
      const { view } = update;
      const hide = () => view.state.field(call) && view.dispatch({ effects: setCall.of(null) });
      timer = setTimeout(async () => {
        const { main } = view.state.selection;
        const near = view.state.doc.sliceString(Math.max(0, main.head - 2000), main.head);
        if (!main.empty || !view.hasFocus || (near.match(/\(/g)?.length ?? 0) <= (near.match(/\)/g)?.length ?? 0)) return hide();
        const mine = ++turn;
        const help = await ask(form, "/queries/assist", { ask: "signature", at: main.head }).catch(() => null);
        if (mine !== turn) return;
        if (!help?.usage) return hide();
        view.dispatch({ effects: setCall.of({ pos: help.from, above: true, arrow: false, create: () => ({ dom: callCard(help) }) }) });
      }, 150);
    });
  }

  // ── the editor ────────────────────────────────────────────────────────────────────────────────
  const tabs = new Compartment();
  const press = (form, selector) => () => {
    const button = form.querySelector(selector);
    if (button?.hasAttribute("hx-post")) button.click();
    else form.requestSubmit(button);
    return true;
  };
  const say = (text) => EditorView.announce.of(text);
  const replaceAll = (view, text, words) => {
    const old = view.state.doc.toString();
    if (old === text) return view.dispatch({ effects: say("Nothing to change.") });
    let start = 0;
    while (start < text.length && text[start] === old[start]) start++;
    let end = 0;
    while (end < Math.min(text.length, old.length) - start && text.at(-1 - end) === old.at(-1 - end)) end++;
    view.dispatch({ changes: { from: start, to: old.length - end, insert: text.slice(start, text.length - end) }, effects: say(words), userEvent: "input.format" });
  };
  async function format(view, form) {
    const answer = await ask(form, "/queries/format", {}).catch(() => null);
    if (answer && form.elements.sql.value === view.state.doc.toString()) replaceAll(view, answer.sql, "The SQL is formatted.");
  }
  async function goTo(view, form) {
    const place = await ask(form, "/queries/assist", { ask: "definition", at: view.state.selection.main.head }).catch(() => null);
    if (place?.to === undefined) return view.dispatch({ effects: say("Nothing is defined here.") });
    view.dispatch({ selection: { anchor: place.from, head: place.to }, effects: EditorView.scrollIntoView(place.from, { y: "center" }), userEvent: "select" });
  }
  async function rename(view, form) {
    const at = view.state.selection.main.head;
    const found = await ask(form, "/queries/assist", { ask: "rename", at }).catch(() => null);
    if (!found?.places?.length) return view.dispatch({ effects: say("This name can't be renamed here.") });
    const { close, result } = showDialog(view, {
      label: `Rename ${found.name} (${found.places.length}×)`, input: { value: found.name, name: "to" }, submitLabel: "Rename", focus: true,
    });
    const typed = await result;
    view.dispatch({ effects: close });
    const name = typed?.elements.to.value.trim();
    if (!name || name === found.name) return view.focus();
    const insert = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
    view.dispatch({ changes: found.places.map(([from, to]) => ({ from, to, insert })), effects: say(`Renamed ${found.places.length} places.`), userEvent: "input.rename" });
    view.focus();
  }
  let tabIndents = false;
  const toggleTab = (view) => {
    tabIndents = !tabIndents;
    view.dispatch({ effects: [tabs.reconfigure(tabIndents ? keymap.of([indentWithTab]) : []), say(tabIndents ? "Tab indents." : "Tab moves the focus.")] });
    return true;
  };
  // The marks in the text are made from the findings in the report.
  function mark(view) {
    const report = byId("report");
    if (!report || Number(report.dataset.length) !== view.state.doc.length) return;
    const severity = { error: "error", warning: "warning", info: "info" };
    const diagnostics = all("article[data-from]", report).map((article) => {
      const fix = article.querySelector("button[name=fix]");
      const actions = fix ? [{ name: fix.textContent.trim(), apply: () => applyFix(view, fix) }] : [];
      return {
        from: Math.min(+article.dataset.from, view.state.doc.length), to: Math.min(+article.dataset.to, view.state.doc.length),
        severity: severity[article.dataset.tone] ?? "warning", message: article.querySelector("p")?.textContent ?? "", actions,
      };
    });
    view.dispatch(setDiagnostics(view.state, diagnostics));
    const used = read(view.state.doc.toString());
    for (const item of all("#schema-sources > li")) item.toggleAttribute("data-read", used.has(item.querySelector("[name=insert]")?.value));
  }
  function applyFix(view, button) {
    const { from, to, insert } = button.dataset;
    if (Number(byId("report")?.dataset.length) !== view.state.doc.length) return;
    view.dispatch({ changes: { from: +from, to: +to, insert }, userEvent: "input.fix" });
    view.focus();
  }
  function mount(area) {
    const { form } = area;
    const host = el("div", "", "code-host");
    host.setAttribute("data-code-host", "");
    const root = host.attachShadow({ mode: "open" });
    area.after(host);
    area.hidden = true;
    let own = false;
    const view = new EditorView({
      root, parent: root,
      state: EditorState.create({
        doc: area.value,
        extensions: [
          lineNumbers(), foldGutter(), lintGutter(), highlightActiveLine(), highlightActiveLineGutter(), history(), drawSelection(), dropCursor(), codeFolding(), folding,
          bracketMatching(), closeBrackets(), highlightSelectionMatches(), indentUnit.of("  "), EditorState.tabSize.of(4), sql, syntaxHighlighting(colors), theme, call,
          placeholder("SELECT … FROM …"),
          // No interactionDelay: Enter accepts as soon as the list is shown, even if it took long.
          autocompletion({ override: [local(form), scoped(form)], icons: true, closeOnBlur: true, activateOnTypingDelay: 40, interactionDelay: 0 }),
          hover(form), calls(form), tabs.of([]),
          EditorView.contentAttributes.of({ "aria-label": "SQL", "aria-multiline": "true", tabindex: "0", spellcheck: "false", autocapitalize: "off" }),
          Prec.high(keymap.of([
            { key: "Mod-Enter", run: press(form, "button.primary"), preventDefault: true },
            { key: "Mod-Shift-Enter", run: press(form, "button[formaction='/queries/try']"), preventDefault: true },
            { key: "Mod-s", run: press(form, "button:not([formaction], .sr)"), preventDefault: true },
            { key: "Shift-Alt-f", run: (it) => (format(it, form), true) },
            { key: "F12", run: (it) => (goTo(it, form), true) },
            { key: "F2", run: (it) => (rename(it, form), true) },
            { key: "Ctrl-m", mac: "Shift-Alt-m", run: toggleTab },
            { key: "Escape", run: (it) => it.state.field(call) && (it.dispatch({ effects: setCall.of(null) }), true) },
          ])),
          keymap.of([...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...lintKeymap]),
          EditorView.domEventHandlers({
            mousedown: (event, it) => {
              if (!(event.ctrlKey || event.metaKey)) return false;
              const at = it.posAtCoords(event);
              if (at === null) return false;
              it.dispatch({ selection: { anchor: at } });
              goTo(it, form);
              return true;
            },
          }),
          EditorView.updateListener.of((update) => {
            if (!update.docChanged) return;
            own = true;
            area.value = update.state.doc.toString();
            area.dispatchEvent(new InputEvent("input", { bubbles: true }));
            own = false;
          }),
        ],
      }),
    });
    // Single keys are for the text, not shortcuts of the page.
    host.addEventListener("keydown", (event) => {
      if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
    });
    const follow = () => {
      if (own || area.value === view.state.doc.toString()) return;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: area.value } });
      mark(view);
    };
    area.addEventListener("change", follow);
    form.addEventListener("reset", () => setTimeout(follow));
    window.addEventListener("pageshow", follow);
    document.querySelector(`label[for="${area.id}"]`)?.addEventListener("click", () => view.focus());
    document.addEventListener("htmx:after:swap", () => mark(view));
    follow();
    mark(view);
    area.codeView = view;
    form.addEventListener("click", (event) => pressed(event, view, form));
    form.addEventListener("input", (event) => event.target.name === "schema" && search(form, event.target.value));
    // Static help is loaded on the first key or click, so that opening the page sends no further requests.
    for (const name of ["keydown", "pointerdown"]) form.addEventListener(name, () => sources(), { once: true, capture: true });
    return view;
  }

  // ── panes ─────────────────────────────────────────────────────────────────────────────────────
  function pressed(event, view, form) {
    const button = event.target.closest?.("button");
    if (!button) {
      const link = event.target.closest?.("a[href='#f-sql']");
      if (link) {
        event.preventDefault();
        view.focus();
      }
      return;
    }
    const own = { fix: () => applyFix(view, button), insert: () => insert(view, button.value), unfold: () => unfold(button) }[button.name];
    if (own) {
      event.preventDefault();
      own();
    } else if (button.getAttribute("formaction") === "/queries/format") {
      event.preventDefault();
      format(view, form);
    }
  }
  function insert(view, name) {
    const { main } = view.state.selection;
    const before = view.state.doc.sliceString(Math.max(0, main.from - 1), main.from);
    const text = /[\w")]$/.test(before) ? ` ${name}` : name;
    view.dispatch({ changes: { from: main.from, to: main.to, insert: text }, selection: { anchor: main.from + text.length }, scrollIntoView: true, userEvent: "input" });
    view.focus();
  }
  const read = (sqlText) => new Set(sqlText.toLowerCase().match(/[\p{L}_][\p{L}\p{N}_$]*/gu) ?? []);
  function columnsOf(source, wanted, used) {
    const list = el("ul");
    for (const column of source.columns) {
      if (wanted && !column.name.includes(wanted)) continue;
      const item = el("li");
      const button = el("button", "", "quiet insert");
      Object.assign(button, { name: "insert", value: column.name, title: column.help ?? "" });
      const level = ["NONE", "LOW"].includes(column.level) ? "" : ` · ${column.level}`;
      button.append(el("code", column.name), " ", el("small", column.type + level));
      if (used.has(column.name)) item.dataset.read = "";
      item.append(button);
      list.append(item);
    }
    return list;
  }
  async function unfold(button, wanted = "", open = button.getAttribute("aria-expanded") !== "true") {
    const item = button.closest("li");
    const name = item.querySelector("[name=insert]").value;
    item.querySelector(":scope > ul")?.remove();
    button.setAttribute("aria-expanded", open);
    if (!open) return;
    const source = (await sources())?.sources.find((it) => it.name === name);
    if (source) item.append(columnsOf(source, wanted, read(button.form.elements.sql.value)));
  }
  async function search(form, text) {
    const wanted = text.trim().toLowerCase();
    const known = await sources();
    if (!known) return;
    for (const item of all("#schema-sources > li")) {
      const name = item.querySelector("[name=insert]")?.value;
      const source = known.sources.find((it) => it.name === name);
      if (!source) continue;
      const byName = !wanted || name.includes(wanted) || source.title.toLowerCase().includes(wanted);
      const byColumn = !byName && source.columns.some((column) => column.name.includes(wanted));
      item.hidden = !(byName || byColumn);
      unfold(item.querySelector("[name=unfold]"), byColumn ? wanted : "", byColumn);
    }
  }
  function panes() {
    for (const pane of all("details[data-pane]")) {
      pane.addEventListener("toggle", () => {
        const folded = all("details[data-pane]:not([open])").map((it) => it.dataset.pane).join(".");
        document.cookie = `folded=${folded}; path=/; max-age=31536000; samesite=lax`;
      });
    }
  }
  for (const area of all("textarea[data-editor]")) mount(area);
  panes();
})();
