(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const templates = read("templates-data");
  const plots = [...document.querySelectorAll(".plot")];
  const figures = new Map(plots.map((plot) => [plot, read(plot.id + "-data")]));
  const narrow = window.matchMedia("(max-width: 600px)");
  const draw = (mode, width) => {
    for (const [plot, figure] of figures) {
      const layout = { ...figure.layout, template: templates[mode], height: plot.clientHeight };
      if (width) layout.width = width;
      if (narrow.matches && !width) layout.dragmode = false;
      Plotly.react(plot, figure.data, layout, { responsive: true, displayModeBar: false });
    }
  };
  const show = () => draw(dark.matches ? "dark" : "light");
  show();
  dark.addEventListener("change", show);
  window.addEventListener("beforeprint", () => draw("light", 640));
  window.addEventListener("afterprint", show);
})();
