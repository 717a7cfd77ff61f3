// Draws charts (Apache ECharts) from the tables that the server writes: labels, numbers, links and
// tones are those of the cells, so a chart cannot say another thing than its table, which stays
// below it for whoever reads or goes by keyboard. Without this script the tables are simply there.

const LONG = 14; // em: how wide a name beside a bar may be, where there is room
const MANY = 30; // points, beyond which they are small
const drawn = new Map(); // the box of each chart on the page, and what draws in it

// All words in an element; those of different elements are told apart.
function wordsOf(node) {
  const words = [];
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) words.push(walker.currentNode.data.trim());
  return words.filter(Boolean).join(" · ");
}

// What a table says: its columns that are drawn, its lines in the order of the axis, their cells.
function read(place) {
  const table = place.querySelector("table");
  const heads = [...table.tHead.rows[0].cells];
  const lines = [...table.tBodies[0].rows];
  if (place.dataset.chart === "time") lines.reverse(); // the newest stands first in the table
  const columns = heads.slice(1).map((head, at) => ({
    words: wordsOf(head),
    mark: head.dataset.mark,
    tone: head.dataset.tone,
    cells: lines.map((line) => line.cells[at + 1]),
  }));
  return {
    place,
    columns,
    marked: columns.filter((column) => column.mark),
    names: lines.map((line) => wordsOf(line.cells[0])),
    lines,
  };
}

const valueOf = (cell) => (cell.dataset.value === undefined ? null : Number(cell.dataset.value));

function themeOf(place) {
  const style = getComputedStyle(place);
  const tone = (name) => style.getPropertyValue(`--${name}`).trim();
  const size = parseFloat(style.fontSize);
  return { tone, size, font: { color: tone("text"), fontFamily: style.fontFamily, fontSize: 12 } };
}

// An axis tells numbers as the page does: in its language, with their unit.
function numbersOf(place) {
  const format = new Intl.NumberFormat(document.documentElement.lang);
  return (n) => place.dataset.axis.replace("{n}", format.format(n));
}

// What a line of the table says, all of it: what is drawn, and what stands beside it.
function told(data, at) {
  const said = data.columns.map((column) => `${column.words}: ${wordsOf(column.cells[at])}`);
  return [data.names[at], ...said].join("\n");
}

function tooltip(data, theme, formatter) {
  return {
    renderMode: "richText", // the content policy forbids the styles that HTML would carry
    confine: true,
    transitionDuration: 0,
    backgroundColor: theme.tone("surface"),
    borderColor: theme.tone("edge"),
    borderWidth: 1,
    padding: 8,
    textStyle: theme.font,
    formatter,
  };
}

// A little room at the sides: some words are wider than they are reckoned to be.
const GRID = { left: 4, right: 20, bottom: 2, outerBoundsMode: "same", outerBoundsContain: "axisLabel" };

function axisStyle(theme) {
  return {
    axisLine: { lineStyle: { color: theme.tone("edge") } },
    axisTick: { show: false },
    axisLabel: {
      color: theme.tone("muted"),
      hideOverlap: true,
    },
  };
}

// Counts have no halves. A share ends at a hundred, and begins at the quarter below its lowest:
// between 95 and 100 % a line from zero would say nothing.
function stepsOf({ place: { dataset, clientWidth }, marked }) {
  if (dataset.top !== undefined) {
    const values = marked.flatMap(({ cells }) => cells.map(valueOf)).filter((value) => value !== null);
    const lowest = Math.min(...values, Number(dataset.goal ?? dataset.top));
    const min = dataset.chart === "time" ? Math.min(75, Math.floor(lowest / 25) * 25) : 0;
    return { min, max: Number(dataset.top), interval: { 75: 5, 50: 10 }[min] ?? 25 };
  }
  return { minInterval: dataset.axis === "{n}" ? 1 : 0, splitNumber: clientWidth > 480 ? 5 : 3 };
}

const ICONS = { band: "rect", dash: "path://M0 4h7v2H0zM11 4h7v2h-7z" };

function legend(data, theme) {
  return {
    show: data.marked.length > 1,
    left: 0,
    top: 0,
    itemWidth: 18,
    itemHeight: 10,
    inactiveColor: theme.tone("edge"),
    textStyle: { color: theme.tone("muted") },
    data: data.marked.map(({ words, mark }) => ({ name: words, icon: ICONS[mark] })),
  };
}

// == over time: bars, lines, and a band up to a bound

const SHAPES = {
  bar: (color) => ({ type: "bar", barCategoryGap: "30%", itemStyle: { color } }),
  line: (color) => ({
    type: "line",
    showAllSymbol: true, // else points without a label below them go missing, marked ones too
    lineStyle: { color, width: 2 },
    itemStyle: { color },
  }),
  dash: (color) => ({
    type: "line",
    symbol: "none",
    lineStyle: { color, width: 1.5, type: [5, 4] },
    itemStyle: { color },
  }),
  band: (color, theme) => ({
    type: "line",
    symbol: "none",
    z: 1,
    lineStyle: { width: 0 },
    areaStyle: { color: theme.tone("accent-soft"), opacity: 1 },
    itemStyle: { color: theme.tone("accent-soft") },
  }),
};

// A point of few cases is hollow; one that the table marks stands out.
function point(cell, column, theme) {
  const value = valueOf(cell);
  if (column.mark !== "line") return value;
  if (cell.closest("tr").hasAttribute("data-marked")) {
    return { value, symbol: "circle", symbolSize: 11, itemStyle: { color: theme.tone("bad") } };
  }
  if (!cell.hasAttribute("data-few")) return { value, symbol: "circle" };
  const hollow = { color: theme.tone("surface"), borderColor: theme.tone(column.tone), borderWidth: 1.5 };
  return { value, symbol: "circle", itemStyle: hollow };
}

function goalOf(data, theme) {
  const { goal, goalWords } = data.place.dataset;
  if (goal === undefined) return {};
  const label = {
    formatter: goalWords,
    position: "insideStartBottom",
    color: theme.tone("ok"),
    backgroundColor: theme.tone("surface"),
    padding: 2,
  };
  return {
    markLine: {
      silent: true,
      symbol: "none",
      lineStyle: { color: theme.tone("ok"), type: "solid", width: 1.5 },
      label,
      data: [{ yAxis: Number(goal) }],
    },
    // The axis reaches the target even where no value does.
    reach: Number(goal),
  };
}

function overTime(data, theme) {
  const number = numbersOf(data.place);
  const { markLine, reach } = goalOf(data, theme);
  const series = data.marked.map((column, at) => ({
    name: column.words,
    symbolSize: data.names.length > MANY ? 3 : 6,
    ...SHAPES[column.mark](theme.tone(column.tone), theme),
    ...(at === 0 && markLine ? { markLine } : {}),
    data: column.cells.map((cell) => point(cell, column, theme)),
  }));
  return {
    grid: { ...GRID, right: 10, top: data.marked.length > 1 ? 36 : 16 },
    legend: legend(data, theme),
    tooltip: {
      ...tooltip(data, theme, (points) => told(data, points[0].dataIndex)),
      trigger: "axis",
      axisPointer: { type: "line", lineStyle: { color: theme.tone("edge") } },
    },
    xAxis: {
      type: "category",
      data: data.names,
      boundaryGap: data.marked.some((column) => column.mark === "bar"),
      ...axisStyle(theme),
    },
    yAxis: {
      type: "value",
      max: reach && (({ max }) => (max < reach ? reach : null)),
      ...stepsOf(data),
      splitLine: { lineStyle: { color: theme.tone("line") } },
      ...axisStyle(theme),
      axisLine: { show: false },
      axisLabel: { ...axisStyle(theme).axisLabel, formatter: number },
    },
    series,
  };
}

// == names with bars that lie

// Few cases are drawn as an outline. Parts lie upon the bar they are of; the last is hatched, for
// it has not come to pass yet.
function bar(cell, column, color) {
  const value = valueOf(cell);
  if (!cell.hasAttribute("data-few")) return value;
  return { value, itemStyle: { color: "transparent", borderColor: color, borderType: "dashed", borderWidth: 1.5 } };
}

function sideways(data, theme) {
  const parts = data.marked.some((column) => column.mark === "part");
  const wide = data.place.clientWidth > 30 * theme.size;
  const alone = data.marked.length === 1; // its numbers stand beside its bars
  const room = 12 + 7 * Math.max(...data.marked[0].cells.map((cell) => wordsOf(cell).length));
  return {
    grid: { ...GRID, right: alone ? room : 20, top: data.marked.length > 1 ? 30 : 4 },
    legend: legend(data, theme),
    tooltip: {
      ...tooltip(data, theme, (bars) => told(data, bars[0].dataIndex)),
      trigger: "axis",
      axisPointer: { type: "shadow", shadowStyle: { color: theme.tone("edge"), opacity: 0.12 } },
    },
    xAxis: {
      type: "value",
      ...stepsOf(data),
      splitLine: { lineStyle: { color: theme.tone("line") } },
      ...axisStyle(theme),
      axisLabel: { ...axisStyle(theme).axisLabel, formatter: numbersOf(data.place) },
    },
    yAxis: {
      type: "category",
      data: data.names,
      inverse: true,
      ...axisStyle(theme),
      axisLabel: {
        color: theme.tone("text"),
        interval: 0,
        width: (wide ? LONG : LONG / 2) * theme.size,
        overflow: "truncate",
      },
    },
    series: data.marked.map((column) => {
      const color = theme.tone(column.tone);
      const last = column === data.marked.at(-1);
      return {
        type: "bar",
        name: column.words,
        barMaxWidth: 18,
        barGap: parts ? "-100%" : "10%",
        barCategoryGap: "35%",
        stack: column.mark === "part" ? "parts" : undefined,
        z: column.mark === "part" ? 3 : 2,
        itemStyle: { color, decal: column.mark === "part" && last ? HATCHED(theme) : undefined },
        label: {
          show: alone,
          position: "right",
          color: theme.tone("text"),
          formatter: ({ dataIndex }) => wordsOf(column.cells[dataIndex]),
        },
        data: column.cells.map((cell) => bar(cell, column, color)),
      };
    }),
  };
}

const HATCHED = (theme) => ({
  symbol: "rect",
  color: theme.tone("surface"),
  dashArrayX: [1, 0],
  dashArrayY: [2, 4],
  rotation: -Math.PI / 4,
});

// A mixed colour comes as color(srgb 0.2 0.4 0.6), which the canvas knows and ECharts does not.
function plain(color) {
  const parts = /^color\(srgb ([\d.]+) ([\d.]+) ([\d.]+)/.exec(color);
  return parts ? `rgb(${parts.slice(1).map((part) => Math.round(part * 255))})` : color;
}

// == a map of heat: its colours are those of the cells

function heat(data, theme) {
  const shades = new Map();
  const cells = data.marked.flatMap((column, x) =>
    column.cells.map((cell, y) => {
      const step = Number(/heat-(\d)/.exec(cell.className)[1]);
      const style = getComputedStyle(cell);
      shades.set(step, step ? plain(style.backgroundColor) : "transparent");
      const text = valueOf(cell) ? wordsOf(cell) : "";
      return { value: [x, y, step], label: { color: style.color, formatter: text } };
    }),
  );
  const wide = data.place.clientWidth > 40 * theme.size;
  const axis = { ...axisStyle(theme), type: "category", axisLine: { show: false } };
  return {
    grid: { ...GRID, right: 2, top: 2 },
    tooltip: {
      ...tooltip(data, theme, ({ value: [x, y] }) =>
        `${data.names[y]}\n${data.marked[x].words}: ${wordsOf(data.marked[x].cells[y])}`),
      trigger: "item",
    },
    visualMap: {
      show: false,
      type: "piecewise",
      dimension: 2,
      pieces: [...shades].map(([value, color]) => ({ value, color })),
    },
    xAxis: { ...axis, data: data.marked.map((column) => column.words), position: "top" },
    yAxis: {
      ...axis,
      data: data.names,
      inverse: true,
      axisLabel: {
        color: theme.tone("text"),
        interval: 0,
        width: (wide ? LONG : LONG / 2) * theme.size,
        overflow: "truncate",
      },
    },
    series: {
      type: "heatmap",
      label: { show: true, fontSize: wide ? 12 : 10 },
      itemStyle: { borderColor: theme.tone("surface"), borderWidth: 1 },
      emphasis: { itemStyle: { borderColor: theme.tone("edge"), borderWidth: 1 } },
      data: cells,
    },
  };
}

// == drawing, and drawing again

const KINDS = { time: overTime, bars: sideways, heat };
const ROOM = { time: () => 15, bars: (n, of) => 3 + n * Math.max(1.9, of * 1.2), heat: (n) => 2 + n * 1.8 };

function heightOf(data) {
  const kind = data.place.dataset.chart;
  const bars = data.marked.filter((column) => column.mark === "bar").length;
  return `${ROOM[kind](data.names.length, bars)}rem`;
}

function paint(box) {
  const { chart, data } = drawn.get(box);
  const theme = themeOf(data.place);
  const option = KINDS[data.place.dataset.chart](data, theme);
  // Nothing moves: who looks at this all day wants the numbers, not their entrance.
  chart.setOption({ animation: false, textStyle: theme.font, ...option }, { notMerge: true });
}

// The cell that a place of the chart stands for: that of the mark, else the first of its line.
function linkAt(box, { offsetX, offsetY }, hit) {
  const { chart, data } = drawn.get(box);
  const heat = data.place.dataset.chart === "heat";
  const point = chart.convertFromPixel({ gridIndex: 0 }, [offsetX, offsetY]);
  const line = point?.[data.place.dataset.chart === "time" ? 0 : 1];
  if (!chart.containPixel({ gridIndex: 0 }, [offsetX, offsetY]) || !data.lines[line]) return null;
  const cells = heat ? [data.marked[point[0]]?.cells[line]] : hit ?? [...data.lines[line].cells];
  return cells.map((cell) => cell?.querySelector("a")).find(Boolean) ?? null;
}

// Opens what the table's own link opens, also in another tab where somebody asks for that.
function follow(link, { ctrlKey, metaKey, shiftKey }) {
  const click = { bubbles: true, cancelable: true, ctrlKey, metaKey, shiftKey };
  link.dispatchEvent(new MouseEvent("click", click));
}

function listen(box) {
  const { chart, data } = drawn.get(box);
  let hit = null; // the cell of the mark under the pointer
  chart.on("mouseover", ({ seriesIndex, dataIndex }) => {
    hit = data.place.dataset.chart === "heat" ? null : [data.marked[seriesIndex]?.cells[dataIndex]];
  });
  chart.on("mouseout", () => { hit = null; });
  chart.getZr().on("mousemove", (event) => {
    if (linkAt(box, event, hit)) chart.getZr().setCursorStyle("pointer");
  });
  chart.getZr().on("click", ({ offsetX, offsetY, event }) => {
    const link = linkAt(box, { offsetX, offsetY }, hit);
    if (link) follow(link, event);
  });
}

function draw(place) {
  const data = read(place);
  const box = document.createElement("div");
  box.className = "canvas";
  box.setAttribute("role", "img");
  box.setAttribute("aria-label", place.dataset.label);
  box.style.height = heightOf(data);
  place.prepend(box);
  place.querySelector("details").open = false;
  drawn.set(box, { chart: window.echarts.init(box, null, { renderer: "canvas" }), data });
  listen(box);
  new ResizeObserver(() => { if (drawn.has(box)) resize(box); }).observe(box);
}

// Also the first drawing: an observer tells the size once it is known.
function resize(box) {
  drawn.get(box).chart.resize();
  paint(box);
}

function drawAll() {
  for (const [box, { chart }] of drawn) {
    if (box.isConnected) continue;
    chart.dispose();
    drawn.delete(box);
  }
  for (const place of document.querySelectorAll("[data-chart]:not(:has(> .canvas))")) draw(place);
}

// In other colours: the theme changes, or the page goes to paper, which waits for nobody.
function repaint() {
  for (const [box, { chart }] of drawn) {
    paint(box);
    chart.getZr().flush();
  }
}

if (window.echarts) {
  drawAll();
  document.addEventListener("htmx:load", drawAll);
  for (const query of ["(prefers-color-scheme: dark)", "print"]) {
    matchMedia(query).addEventListener("change", repaint);
  }
}
