"use strict";
// The filter of the table of calls. What it shows is in the address too:
// #q=socket&decision=ERRNO(1 EPERM)&only=different,conditional
(() => {
  const id = name => document.getElementById(name);
  const form = id("filter"), q = id("q"), decision = id("decision"), status = id("status"), nothing = id("nothing");
  const boxes = ["different", "conditional"].map(id).filter(b => b);
  const x32 = 0x40000000;

  // What is searched, read from the table once.
  const rows = [...document.querySelectorAll("#calls tbody tr")].map(tr => {
    const numbers = new Set();
    for (const td of tr.querySelectorAll("td.n")) {
      if (td.textContent === "") continue;
      const n = Number(td.textContent);
      numbers.add(n);
      if (n >= x32) numbers.add(n - x32);
    }
    const cells = [...tr.querySelectorAll("td:not(.n)")];
    return {
      tr, numbers,
      name: tr.querySelector("th").firstChild.textContent.trim(),
      words: [...new Set(cells.flatMap(td => [...td.children]).flatMap(way => way.textContent.toLowerCase().split(/[^a-z0-9_]+/)))],
      decisions: new Set(cells.flatMap(td => [...td.querySelectorAll(".action")].map(a => a.textContent))),
      different: tr.classList.contains("different"),
      conditional: tr.querySelector("td div+div") !== null,
    };
  });

  // matches says whether a row has a word of the search: as a part of the call's name, as
  // its number, or at the beginning of a word of a decision.
  function matches(row, word) {
    if (row.name.includes(word)) return true;
    if (/^(0x[0-9a-f]+|[0-9]+)$/.test(word) && row.numbers.has(Number(word))) return true;
    if (/^[0-9]+$/.test(word)) return false; // 41 is not to find arg0 == 0x41
    const start = word.replace(/^scmp_act_/, "");
    return row.words.some(w => w.startsWith(start));
  }

  function apply() {
    const words = q.value.toLowerCase().split(/[^a-z0-9_]+/).filter(w => w);
    let shown = 0;
    for (const row of rows) {
      const show = words.every(w => matches(row, w)) &&
        (decision.value === "" || row.decisions.has(decision.value)) &&
        boxes.every(b => !b.checked || row[b.id]);
      row.tr.hidden = !show;
      if (show) shown++;
    }
    status.textContent = shown === rows.length ? `${rows.length} lines` : `${shown} of ${rows.length} lines`;
    nothing.hidden = shown > 0;
  }

  function save() {
    const p = new URLSearchParams();
    if (q.value) p.set("q", q.value);
    if (decision.value) p.set("decision", decision.value);
    const only = boxes.filter(b => b.checked).map(b => b.id);
    if (only.length) p.set("only", only.join(","));
    const fragment = "#" + p.toString().replaceAll("%2C", ",");
    if (fragment !== location.hash && !(fragment === "#" && location.hash === "")) location.replace(fragment);
  }

  function load() {
    const fragment = location.hash.slice(1);
    if (fragment !== "" && !fragment.includes("=")) return; // a place in the page
    const p = new URLSearchParams(fragment);
    const text = p.get("q") || "";
    if (q.value !== text) q.value = text;
    decision.value = p.get("decision") || "";
    if (decision.selectedIndex < 0) decision.value = "";
    const only = p.getAll("only").join(",").split(",");
    for (const b of boxes) b.checked = only.includes(b.id);
    apply();
  }

  form.hidden = false;
  form.addEventListener("submit", e => e.preventDefault());
  form.addEventListener("input", () => { apply(); save(); });
  addEventListener("hashchange", load);
  addEventListener("keydown", e => {
    if (e.key === "/" && !e.ctrlKey && !e.metaKey && !e.altKey && !/^(INPUT|SELECT)$/.test(e.target.tagName)) {
      e.preventDefault();
      q.focus();
    }
    if (e.key === "Escape" && e.target === q && q.value !== "") {
      e.preventDefault();
      q.value = "";
      apply();
      save();
    }
  });
  apply();
  load();
})();
