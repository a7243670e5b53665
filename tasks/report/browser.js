/**
 * The page's own program: draws the charts and follows the server. It runs in the browser, as it is
 * here. Names come from files, so they only ever become text.
 *
 * @module
 */
// @ts-check
/// <reference lib="dom" />

/** @typedef {{ key: string, title: string, unit: string, table: "epochs" | "steps", isLoss: boolean, digits: number }} Metric */
/** @typedef {Record<string, (number | null)[]>} Columns */
/** @typedef {{ id: number, name: string, group: number, epochs: Columns, steps: Columns }} Run */
/** @typedef {{ figure: HTMLElement, box: HTMLElement, chart: any, isDirty: boolean, isSeen: boolean, series: string }} Panel */

(() => {
  /** @type {any} */
  const echarts = /** @type {any} */ (globalThis).echarts;
  const symbols = ["circle", "rect", "triangle", "diamond"];
  const lineTypes = ["solid", "dashed", "dotted"];
  const colorCount = 8;
  /** Up to this many rows, the points are shown too: a line is only visible from two points on. */
  const mostSymbols = 30;
  /** The most runs in a tooltip: more do not fit on a screen. */
  const mostInTip = 12;

  /** @type {Run[]} */
  let runs = [];
  /** @type {Metric[]} */
  let metrics = [];
  /** @type {string[]} */
  let groups = [];
  /** @type {Set<string>} */
  const hidden = new Set();
  /** @type {Map<string, Panel>} */
  const panels = new Map();

  /** @param {string} id */
  const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
  /** @param {string} id */
  const input = (id) => /** @type {HTMLInputElement} */ (byId(id));
  /** @param {string} name */
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  /** @param {number} group */
  const colorOf = (group) => `--series-${group % colorCount}`;
  /** @param {number} group */
  const lineOf = (group) => lineTypes[Math.floor(group / colorCount) % lineTypes.length] ?? "solid";

  /**
   * An element with text.
   *
   * @param {string} name
   * @param {string} [text]
   * @param {string} [kind]
   */
  function make(name, text = "", kind = "") {
    const made = document.createElement(name);
    made.textContent = text;
    if (kind !== "") made.className = kind;
    return made;
  }

  /**
   * Takes all that the server or the page says, or only what is new.
   *
   * @param {any} data
   */
  function apply(data) {
    const known = new Map(runs.map((run) => [run.id, run]));
    runs = data.runs.map((/** @type {any} */ part) => {
      const before = known.get(part.id);
      return {
        ...{ id: part.id, name: part.name, group: part.group },
        epochs: merged(before?.epochs, part.epochs),
        steps: merged(before?.steps, part.steps),
      };
    });
    const groupsChanged = JSON.stringify(groups) !== JSON.stringify(data.groups);
    [metrics, groups] = [data.metrics, data.groups];
    if (groupsChanged) showGroups();
    for (const [id, html] of Object.entries(data.html)) showHtml(id, String(html));
    showPanels();
    showEpochs();
  }

  /**
   * Columns whose rows from `part.from` on are replaced.
   *
   * @param {Columns | undefined} before
   * @param {{ from: number, columns: Columns } | undefined} part
   * @returns {Columns}
   */
  function merged(before = {}, part = undefined) {
    if (part === undefined) return before;
    const added = Object.values(part.columns)[0]?.length ?? 0;
    /** @type {Columns} */
    const columns = {};
    for (const key of new Set([...Object.keys(before), ...Object.keys(part.columns)])) {
      const kept = (before[key] ?? []).slice(0, part.from);
      while (kept.length < part.from) kept.push(null);
      columns[key] = kept.concat(part.columns[key] ?? Array(added).fill(null));
    }
    return columns;
  }

  /**
   * Replaces a part that the server has written, in which all text is escaped.
   *
   * @param {string} id
   * @param {string} html
   */
  function showHtml(id, html) {
    const part = byId(id);
    if (
      part.dataset.html === html || (part.dataset.html === undefined && part.innerHTML === html)
    ) {
      return;
    }
    const before = [...part.querySelectorAll(".scroll")];
    const places = before.map(({ scrollLeft }) => scrollLeft);
    const focused = before.indexOf(/** @type {Element} */ (document.activeElement));
    part.innerHTML = html;
    part.dataset.html = html;
    const after = [...part.querySelectorAll(".scroll")];
    after.forEach((box, i) => box.scrollLeft = places[i] ?? 0);
    if (focused >= 0) /** @type {HTMLElement | undefined} */ (after[focused])?.focus();
  }

  function showGroups() {
    const choices = groups.map((name, group) => {
      const box = document.createElement("input");
      box.type = "checkbox";
      box.checked = !hidden.has(name);
      box.addEventListener("change", () => {
        if (box.checked) hidden.delete(name);
        else hidden.add(name);
        redraw();
        showEpoch();
      });
      const swatch = make("span", "", "swatch");
      swatch.style.borderTopColor = `var(${colorOf(group)})`;
      swatch.style.borderTopStyle = lineOf(group);
      const label = make("label");
      label.append(box, swatch, make("span", name));
      return label;
    });
    byId("groups").replaceChildren(...choices);
    byId("choices").hidden = groups.length === 0;
  }

  function shownRuns() {
    return runs.filter(({ group }) => !hidden.has(groups[group] ?? ""));
  }

  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      for (const panel of panels.values()) {
        if (panel.figure !== target) continue;
        panel.isSeen = isIntersecting;
      }
    }
    schedule();
  }, { rootMargin: "200px" });
  const resized = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      for (const { box, chart } of panels.values()) if (box === target) chart.resize();
    }
  });

  function showPanels() {
    for (const [key, panel] of panels) {
      if (metrics.some((metric) => metric.key === key)) continue;
      panel.chart.dispose();
      panel.figure.remove();
      panels.delete(key);
    }
    metrics.forEach((metric, i) => {
      const panel = panels.get(metric.key) ?? makePanel(metric);
      const place = byId("charts").children[i] ?? null;
      if (place !== panel.figure) byId("charts").insertBefore(panel.figure, place);
      setDirty(panel, true);
    });
    byId("no-charts").hidden = metrics.length > 0;
    schedule();
  }

  /** @param {Metric} metric */
  function makePanel(metric) {
    const figure = make("figure");
    const box = make("div", "", "chart");
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", `Chart: ${metric.title}. Its numbers are under "At one epoch".`);
    const caption = make("figcaption");
    caption.append(make("h3", metric.title), make("p", metric.unit, "faint"));
    figure.append(caption, box);
    byId("charts").append(figure);
    const chart = echarts.init(box, null, { renderer: "canvas" });
    /** @type {Panel} */
    const panel = { figure, box, chart, isDirty: true, isSeen: false, series: "" };
    panels.set(metric.key, panel);
    seen.observe(figure);
    resized.observe(box);
    return panel;
  }

  let isScheduled = false;
  /** Draws one chart in a frame, and leaves the reader time between changes that take long. */
  function schedule() {
    if (isScheduled) return;
    const panel = [...panels.values()].find(({ isDirty, isSeen }) => isDirty && isSeen);
    if (panel === undefined) return;
    isScheduled = true;
    requestAnimationFrame(() => {
      const start = performance.now();
      const isNew = panel.series === "";
      draw(panel);
      setTimeout(() => {
        isScheduled = false;
        schedule();
      }, isNew ? 0 : 2 * (performance.now() - start));
    });
  }

  function redraw() {
    for (const panel of panels.values()) setDirty(panel, true);
    schedule();
  }

  /**
   * Notes whether a chart waits to be drawn, and tells assistive technology.
   *
   * @param {Panel} panel
   * @param {boolean} isDirty
   */
  function setDirty(panel, isDirty) {
    panel.isDirty = isDirty;
    panel.box.setAttribute("aria-busy", String(isDirty));
  }

  /** @param {Panel} panel */
  function draw(panel) {
    const metric = metrics.find(({ key }) => panels.get(key) === panel);
    if (metric === undefined) return;
    setDirty(panel, false);
    const series = shownRuns().map((run) => seriesOf(run, metric)).filter(({ data }) =>
      data.length > 0
    );
    // Merging is faster, but only replacing removes a series.
    const ids = series.map(({ id }) => id).join();
    panel.chart.setOption(optionOf(metric, series), {
      replaceMerge: ids === panel.series ? [] : ["series"],
    });
    panel.series = ids;
  }

  /**
   * @param {Run} run
   * @param {Metric} metric
   */
  function seriesOf(run, { key, table }) {
    const columns = run[table];
    const x = columns[table === "epochs" ? "epoch" : "step"] ?? [];
    const y = columns[key] ?? [];
    const paint = color(colorOf(run.group));
    return {
      ...{ id: String(run.id), name: run.name, type: "line", sampling: "lttb" },
      data: x.flatMap((place, i) => y[i] === null || y[i] === undefined ? [] : [[place, y[i]]]),
      symbol: symbols[run.group % symbols.length],
      symbolSize: 5,
      showSymbol: x.length <= mostSymbols,
      itemStyle: { color: paint },
      lineStyle: { color: paint, width: runs.length > 8 ? 1.25 : 2, type: lineOf(run.group) },
      emphasis: { disabled: true },
    };
  }

  /**
   * @param {Metric} metric
   * @param {any[]} series
   */
  function optionOf(metric, series) {
    const [ink, faint, line] = ["--ink", "--faint", "--line"].map(color);
    const text = { color: faint, fontSize: 12 };
    const first = Number(input("first").value) || 0;
    return {
      animation: false,
      textStyle: { color: ink, fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 8, right: 14, top: 14, bottom: 26, containLabel: true },
      xAxis: {
        type: "value",
        name: metric.table === "epochs" ? "epoch" : "step",
        nameLocation: "middle",
        nameGap: 26,
        nameTextStyle: text,
        axisLabel: { ...text, hideOverlap: true },
        axisLine: { lineStyle: { color: faint } },
        splitLine: { show: false },
        minInterval: 1,
        min: metric.table === "epochs" ? first : 0,
      },
      yAxis: {
        type: metric.isLoss && input("log").checked ? "log" : "value",
        scale: true,
        axisLabel: { ...text, hideOverlap: true },
        splitLine: { lineStyle: { color: line } },
      },
      tooltip: {
        trigger: "axis",
        confine: true,
        transitionDuration: 0,
        backgroundColor: color("--paper"),
        borderColor: line,
        textStyle: { color: ink },
        axisPointer: { animation: false, lineStyle: { color: faint } },
        formatter: (/** @type {any[]} */ points) => tip(metric, points),
      },
      series,
    };
  }

  /**
   * What a tooltip shows: an element, because markup would be run.
   *
   * @param {Metric} metric
   * @param {any[]} points
   */
  function tip(metric, points) {
    const box = make("div", "", "tip");
    box.append(
      make("strong", `${metric.table === "epochs" ? "epoch" : "step"} ${points[0]?.value[0]}`),
    );
    for (const { seriesName, color, value } of points.slice(0, mostInTip)) {
      const row = make("div");
      const swatch = make("span", "", "swatch");
      swatch.style.borderTopColor = color;
      row.append(swatch, make("span", seriesName), make("span", value[1].toFixed(metric.digits)));
      box.append(row);
    }
    if (points.length > mostInTip) box.append(make("div", `and ${points.length - mostInTip} more`));
    return box;
  }

  /** The last epoch of all runs. */
  function lastEpoch() {
    return Math.max(0, ...runs.map(({ epochs }) => Math.ceil(epochs.epoch?.at(-1) ?? 0)));
  }

  /** Sets the ends of the slider; one at the end stays there. */
  function showEpochs() {
    const slider = input("epoch");
    const isAtEnd = slider.value === slider.max;
    const last = lastEpoch();
    slider.min = String(Math.min(1, last));
    slider.max = String(last);
    if (isAtEnd) slider.value = slider.max;
    input("first").max = slider.max;
    showEpoch();
  }

  /** The numbers of one epoch as a table: what the charts show, for those who cannot see them. */
  function showEpoch() {
    const epoch = Number(input("epoch").value);
    byId("epoch-number").textContent = String(epoch);
    const details = /** @type {HTMLDetailsElement} */ (byId("at-one-epoch"));
    if (!details.open) return;
    const shown = metrics.filter(({ table }) => table === "epochs");
    const head = make("tr");
    head.append(header("Run", "col"), ...shown.map(({ title }) => header(title, "col", "number")));
    const rows = shownRuns().map((run) => {
      const row = (run.epochs.epoch ?? []).indexOf(epoch);
      const line = make("tr");
      line.append(
        header(run.name, "row"),
        ...shown.map(({ key, digits }) =>
          make("td", run.epochs[key]?.[row]?.toFixed(digits) ?? "", "number")
        ),
      );
      return line;
    });
    byId("epoch-head").replaceChildren(head);
    byId("epoch-rows").replaceChildren(...rows);
  }

  /**
   * @param {string} text
   * @param {string} scope
   * @param {string} [kind]
   */
  function header(text, scope, kind) {
    const made = make("th", text, kind);
    made.setAttribute("scope", scope);
    return made;
  }

  function follow() {
    const status = byId("status");
    const events = new EventSource("events");
    events.addEventListener("data", (event) => {
      apply(JSON.parse(event.data));
      const time = new Date().toLocaleTimeString();
      const count = `${runs.length} ${runs.length === 1 ? "run" : "runs"}`;
      status.textContent = runs.length === 0
        ? "Waiting for runs."
        : `Following ${count}; last news at ${time}.`;
    });
    events.addEventListener("error", () => {
      status.textContent =
        "The server does not answer; trying again. Is `deno task report` running?";
      // The browser itself tries again, unless the server has answered with an error.
      if (events.readyState === EventSource.CLOSED) setTimeout(follow, 2000);
    });
  }

  for (const id of ["log", "first"]) byId(id).addEventListener("input", redraw);
  byId("epoch").addEventListener("input", showEpoch);
  byId("at-one-epoch").addEventListener("toggle", showEpoch);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  const data = JSON.parse(byId("data").textContent ?? "");
  apply(data);
  if (data.live) follow();
})();
