"use strict";
// Charts by uPlot in place of the drawings: values under the pointer, entries of the legend that hide
// their curves, logarithmic axes, and tables that can be copied. Without it the page stays complete.
(() => {
	const darkPage = matchMedia("(prefers-color-scheme: dark)");
	const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
	const font = size => size + "px system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif";

	// Four digits, a true minus sign, powers of ten where zeros would be many.
	function text(v, digits = 4) {
		if (v === 0) return "0";
		const size = Math.floor(Math.log10(Math.abs(v)));
		if (size >= -3 && size < 6) return String(Number(v.toPrecision(digits))).replace("-", "−");
		const factor = Number((v / 10 ** size).toPrecision(digits));
		const power = "10" + [...String(size)].map(c => c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]).join("");
		return factor === 1 ? power : String(factor).replace("-", "−") + "·" + power;
	}

	// A value with its band: v ± e where that is even, else v [low, high].
	function measured(v, low, high) {
		if (low == null || high == null || high === low) return text(v);
		const up = high - v, down = v - low;
		if (Math.abs(up - down) > .02 * (up + down)) return `${text(v)} [${text(low)}, ${text(high)}]`;
		return `${text(v)} ± ${text((up + down) / 2, 2)}`;
	}

	// Marks of a logarithmic axis: digits times powers of ten, or round steps where those are few.
	function logSplits(low, high) {
		const out = [];
		for (let k = Math.floor(Math.log10(low)); k <= Math.log10(high); k++) {
			for (let digit = 1; digit <= 9; digit++) {
				const v = Number((digit * 10 ** k).toPrecision(1));
				if (v >= low && v <= high) out.push(v);
			}
		}
		if (out.length > 2) return out;
		const power = 10 ** Math.floor(Math.log10((high - low) / 3));
		const step = [5, 2, 1].map(f => f * power).find(s => (high - low) / s >= 3);
		return Array.from({ length: Math.floor(high / step) - Math.ceil(low / step) + 1 }, (_, n) => Number(((Math.ceil(low / step) + n) * step).toPrecision(6)));
	}

	// Those of them that get a number: as many as have room (pixels) between them.
	function logLabels(splits, room, place) {
		const digit = v => Math.round(v / 10 ** Math.floor(Math.log10(v) + 1e-9));
		const sets = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 5, 7], [1, 2, 5], [1]];
		for (const digits of splits.some(v => digit(v) === 1) ? sets : sets.slice(0, 1)) {
			const some = splits.filter(v => digits.includes(digit(v)));
			const nearest = Math.min(...some.slice(1).map((v, i) => Math.abs(place(v) - place(some[i]))));
			if (nearest >= room || digits.length === 1) {
				const step = Math.max(1, Math.ceil(room / nearest));
				return splits.map(v => { const at = some.indexOf(v); return at >= 0 && at % step === 0 ? v : null; });
			}
		}
		return splits;
	}

	// Hands a text to the browser as a file; nothing leaves the page.
	function save(name, text) {
		const link = document.createElement("a");
		link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
		link.download = name;
		document.body.append(link);
		link.click();
		link.remove();
		setTimeout(() => URL.revokeObjectURL(link.href), 10000);
	}

	class Chart {
		constructor(figure) {
			this.figure = figure;
			this.data = JSON.parse(figure.querySelector("script").textContent);
			this.box = figure.querySelector(".plot");
			this.buttons = [...figure.querySelectorAll(".legend button")];
			this.outputs = [...figure.querySelectorAll(".legend output")];
			this.hidden = new Set();
			this.scale = figure.querySelector(".scale");
			this.log = this.data.ylog || this.data.xlog;
			figure.classList.add("live");
			for (const part of figure.querySelectorAll(".controls, .plot, .legend")) part.hidden = false;
			this.scale.hidden = !this.data.switchx && !this.data.switchy;
			figure.querySelector(".save").addEventListener("click", () => save(this.data.id + ".csv", this.csv()));
			this.scale.addEventListener("click", () => { this.log = !this.log; this.draw(); });
			this.buttons.forEach((b, entry) => {
				b.addEventListener("click", () => this.toggle(entry));
				b.title = "Click to hide or show";
			});
			this.draw();
			new ResizeObserver(() => {
				const width = this.box.clientWidth;
				if (width > 0 && width !== this.plot.width) this.plot.setSize(this.size());
			}).observe(this.box);
		}

		size() {
			const width = this.box.clientWidth;
			return { width, height: Math.round(Math.min(400, Math.max(250, .48 * width))) };
		}

		logAxis(switches, initial) { return switches ? this.log : initial; }

		toggle(entry) {
			this.hidden.has(entry) ? this.hidden.delete(entry) : this.hidden.add(entry);
			this.buttons[entry].setAttribute("aria-pressed", !this.hidden.has(entry));
			this.plot.batch(() => this.data.series.forEach((s, i) => {
				if (s.entry === entry) this.plot.setSeries(i + 1, { show: !this.hidden.has(entry) });
			}));
		}

		colour(s) { return darkPage.matches ? s.dark : s.light; }

		draw() {
			const d = this.data, xlog = this.logAxis(d.switchx, d.xlog), ylog = this.logAxis(d.switchy, d.ylog);
			this.scale.setAttribute("aria-pressed", this.log);
			// What is not positive has no place on a logarithmic axis.
			// Between a series' own points values are undefined, and its curve goes on; null, which no axis can show, is a gap.
			const fit = s => s.y.map((v, k) => v === null ? (s.gaps || []).includes(k) ? null : undefined : ylog && !(v > 0) ? null : v);
			const x = d.x.map(v => xlog && !(v > 0) ? null : v), first = x.findIndex(v => v !== null);
			this.first = first;
			this.values = d.series.map(s => fit(s).slice(first));
			if (this.plot) this.plot.destroy();
			const ink = css("--muted"), line = css("--line");
			const axis = (size, log, space, marks) => ({
				stroke: ink, font: font(12), size, space, gap: 4, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1, size: 5 },
				values: (u, splits) => splits.map(v => v == null ? "" : text(v)),
				...(log && {
					splits: (u, i, low, high) => logSplits(low, high),
					filter: (u, splits, i) => logLabels(splits, i ? 16 : 32, v => u.valToPos(v, "xy"[i])),
				}),
				...(marks && { splits: () => marks, filter: (u, splits) => splits }),
			});
			this.plot = new uPlot({
				...this.size(),
				legend: { show: false },
				padding: [8, 12, 0, 0],
				cursor: { y: false, points: { size: 7 }, drag: { x: true, y: false } },
				scales: {
					x: { time: false, distr: xlog ? 3 : 1, range: (u, low, high) => this.xrange(low, high, xlog) },
					y: { distr: ylog ? 3 : 1, range: (u, low, high) => this.yrange(u, low, high, ylog) },
				},
				axes: [axis(27, xlog, 52, d.xmarks), axis(58, ylog, 28)],
				series: [{}, ...d.series.map(s => ({
					show: !this.hidden.has(s.entry), stroke: this.colour(s), width: s.wide ? 2.75 : 2, dash: s.dash, spanGaps: false,
					...(s.dots ? { paths: () => null, points: { show: true, size: 9, width: 0, fill: this.colour(s) } } : { points: { show: false } }),
				}))],
				hooks: { drawAxes: [u => this.bands(u, ylog)], setCursor: [u => this.read(u)] },
			}, [x.slice(first), ...this.values], this.box);
			this.marks();
		}

		xrange(low, high, log) {
			const x = this.data.x;
			const whole = low <= x[this.first] && high >= x[x.length - 1];
			if (!whole) return [low, high]; // chosen by dragging
			if (log) { const room = (high / low) ** .04 || 1.5; return high > low ? [low / room, high * room] : [low / 1.5, low * 1.5]; }
			const room = high > low ? .02 * (high - low) : 1;
			return [this.data.xzero && low > 0 ? 0 : low - room, high + room];
		}

		// Room for what is shown with its bands.
		yrange(u, low, high, log) {
			const [from, to] = u.series[0].idxs;
			this.data.series.forEach((s, i) => {
				if (!u.series[i + 1].show || !s.low) return;
				for (let k = from; k <= to; k++) {
					const v = this.values[i][k];
					if (v == null) continue;
					const bottom = s.low[k + this.first];
					low = Math.min(low, log ? Math.max(bottom, v / 10) : bottom);
					high = Math.max(high, s.high[k + this.first]);
				}
			});
			if (!(high > -Infinity) || !(low < Infinity)) return log ? [.1, 1] : [0, 1];
			if (log) { const room = high > low ? (high / low) ** .05 : 2; return [low / room, high * room]; }
			const room = high > low ? .05 * (high - low) : 1;
			return [this.data.yzero && low >= 0 ? 0 : low - room, high + room];
		}

		bands(u, log) {
			const { ctx, bbox } = u, [from, to] = u.series[0].idxs;
			ctx.save();
			ctx.beginPath();
			ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
			ctx.clip();
			this.data.series.forEach((s, i) => {
				if (!u.series[i + 1].show || !s.low) return;
				const points = [];
				for (let k = Math.max(0, from - 1); k <= Math.min(to + 1, this.values[i].length - 1); k++) {
					const v = this.values[i][k];
					if (v == null) continue;
					const low = s.low[k + this.first];
					points.push([u.valToPos(u.data[0][k], "x", true), u.valToPos(log ? Math.max(low, v / 1e3) : low, "y", true), u.valToPos(s.high[k + this.first], "y", true)]);
				}
				ctx.strokeStyle = ctx.fillStyle = this.colour(s);
				if (s.dots) {
					ctx.lineWidth = 1.5 * devicePixelRatio;
					ctx.beginPath();
					for (const [x, low, high] of points) { ctx.moveTo(x, low); ctx.lineTo(x, high); }
					ctx.stroke();
					return;
				}
				ctx.globalAlpha = darkPage.matches ? .25 : .18;
				ctx.beginPath();
				for (const [x, , high] of points) ctx.lineTo(x, high);
				for (const [x, low] of points.reverse()) ctx.lineTo(x, low);
				ctx.fill();
				ctx.globalAlpha = 1;
			});
			ctx.restore();
		}

		// All points as CSV, a row each; what is not a number is empty.
		csv() {
			const d = this.data, quote = text => /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
			const rows = [["curve", d.xlabel, d.ylabel, "low", "high"].map(quote).join(",")];
			for (const s of d.series) {
				d.x.forEach((x, k) => {
					if (s.y[k] === null && !(s.gaps || []).includes(k)) return; // of another series
					rows.push([quote(d.entries[s.entry]), x, s.y[k], s.low ? s.low[k] : null, s.high ? s.high[k] : null].map(v => v === null ? "" : v).join(","));
				});
			}
			return rows.join("\n") + "\n";
		}

		// The values under the pointer, beside the names.
		read(u) {
			const k = u.cursor.idx, shown = new Map();
			if (k != null && u.cursor.left >= 0) {
				this.data.series.forEach((s, i) => {
					const v = this.values[i][k];
					if (v == null || this.hidden.has(s.entry) || shown.has(s.entry) && !s.dots) return;
					shown.set(s.entry, s.low ? measured(v, s.low[k + this.first], s.high[k + this.first]) : text(v));
				});
			}
			this.outputs.forEach((o, entry) => { o.textContent = shown.has(entry) ? shown.get(entry) : ""; });
			this.figure.querySelector(".at").textContent = shown.size ? ` = ${text(u.data[0][k])}` : "";
		}

		// The legend's pictures.
		marks() {
			const parts = new Map();
			for (const s of this.data.series) parts.set(s.entry, [...(parts.get(s.entry) || []), s]);
			this.buttons.forEach((b, entry) => {
				const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
				svg.setAttribute("viewBox", "0 0 26 12");
				svg.setAttribute("aria-hidden", "true");
				for (const s of parts.get(entry) || []) {
					const shape = document.createElementNS(svg.namespaceURI, s.dots ? "circle" : "line");
					const attributes = s.dots ? { cx: 13, cy: 6, r: 4, fill: this.colour(s) }
						: { x1: 0, x2: 26, y1: 6, y2: 6, stroke: this.colour(s), "stroke-width": s.wide ? 2.75 : 2, "stroke-dasharray": (s.dash || []).join(" ") };
					for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
					svg.append(shape);
				}
				b.querySelector(".mark").replaceChildren(svg);
			});
		}
	}

	for (const hint of document.querySelectorAll(".live-only")) hint.hidden = false;
	// Tables that are cut at the screen's edge say so.
	const cut = new ResizeObserver(entries => {
		for (const { target } of entries) target.previousElementSibling.hidden = target.scrollWidth <= target.clientWidth + 1;
	});
	for (const box of document.querySelectorAll(".scroll")) cut.observe(box);

	const charts = [...document.querySelectorAll("figure.chart")].map(f => new Chart(f));
	darkPage.addEventListener("change", () => charts.forEach(c => c.draw()));
	window.kacCharts = charts; // for tests and the curious

	// Tab-separated, as spreadsheets and pandas.read_clipboard take it.
	function copyText(table) {
		return [...table.rows].map(row => [...row.cells].map(c => c.textContent.trim().replaceAll("−", "-")).join("\t")).join("\n") + "\n";
	}
	async function copy(table) {
		const tsv = copyText(table);
		try {
			await navigator.clipboard.writeText(tsv);
		} catch { // not offered to files in some browsers
			const area = document.createElement("textarea");
			area.value = tsv;
			document.body.append(area);
			area.select();
			const done = document.execCommand("copy");
			area.remove();
			if (!done) throw new Error("the browser does not let pages copy");
		}
	}
	for (const table of document.querySelectorAll("table")) {
		const button = document.createElement("button");
		button.type = "button";
		button.className = "copy";
		button.textContent = "Copy table";
		button.addEventListener("click", () => copy(table).then(() => { button.textContent = "Copied"; }, e => { button.textContent = "Not copied: " + e.message; }));
		table.closest(".scroll").after(button);
	}
})();
