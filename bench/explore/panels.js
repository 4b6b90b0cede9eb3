"use strict";
// The panels: axes by uPlot, what is in them by uPlot (curves) or drawn here (dots, bars).
const kacPanels = (() => {
	const dark = matchMedia("(prefers-color-scheme: dark)");
	const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
	const font = "12px system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif";

	// Four digits, a true minus sign, powers of ten where zeros would be many.
	function text(v, digits = 4) {
		if (v == null || !isFinite(v)) return "–";
		if (v === 0) return "0";
		const size = Math.floor(Math.log10(Math.abs(v)));
		if (size >= -4 && size < 6) return String(Number(v.toPrecision(digits))).replace("-", "−");
		return v.toExponential(digits - 1).replace("e+", "e").replaceAll("-", "−");
	}

	// Orange above 0, blue below, in 2n+1 shades that differ from the paper in both themes.
	const shades = 8;
	function ramp() {
		const out = [], middle = dark.matches ? [112, 118, 128] : [168, 172, 180];
		const ends = dark.matches ? [[88, 166, 255], [255, 158, 74]] : [[24, 84, 180], [206, 84, 0]];
		for (let k = -shades; k <= shades; k++) {
			const end = ends[k < 0 ? 0 : 1], f = Math.abs(k) / shades;
			out.push("rgb(" + middle.map((c, i) => Math.round(c + (end[i] - c) * Math.sqrt(f))).join(" ") + ")");
		}
		return out;
	}

	// A panel with its own drawing: draw(u, context, x, y), x and y from values to pixels.
	class Panel {
		constructor(id, ranges, series, draw) {
			this.box = document.querySelector("#" + id + " .plot");
			this.ranges = ranges;
			this.series = series;
			this.own = draw;
			this.data = null;
			this.make();
			new ResizeObserver(() => {
				if (this.box.clientWidth > 0 && this.box.clientWidth !== this.plot.width) this.plot.setSize(this.size());
			}).observe(this.box);
			dark.addEventListener("change", () => this.make());
		}

		size() {
			const width = this.box.clientWidth || 300, wide = this.box.closest(".wide");
			return { width, height: Math.round(wide ? Math.min(560, Math.max(290, .62 * width)) : Math.min(280, Math.max(225, .55 * width))) };
		}

		make() {
			const ink = css("--muted"), line = css("--line");
			const axis = (size, space) => ({
				stroke: ink, font, size, space, gap: 4, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1, size: 5 },
				values: (u, splits) => splits.map(v => text(v, 6)),
			});
			if (this.plot) this.plot.destroy();
			this.plot = new uPlot({
				...this.size(), legend: { show: false }, padding: [8, 12, 0, 0], cursor: { show: false },
				scales: { x: { time: false, range: () => this.ranges().x }, y: { range: () => this.ranges().y } },
				axes: [axis(27, 52), axis(58, 28)],
				series: [{}, ...this.own && !this.series.length ? [{ paths: () => null, points: { show: false } }] : [], ...this.series.map(s => ({ stroke: css(s.colour), width: 2, dash: s.dash, points: { show: false }, spanGaps: !!s.spans }))],
				hooks: { draw: [u => this.own && this.draw(u)] },
			}, this.data || (this.series.length ? [[0], ...this.series.map(() => [null])] : [[0, 1], [0, 1]]), this.box);
		}

		set(data) { this.data = data; this.plot.setData(data); }

		redraw() { this.plot.setData(this.plot.data); }

		draw(u) {
			const { left, top, width, height } = u.bbox, { x: sx, y: sy } = u.scales, c = u.ctx;
			if (sx.min == null || sy.min == null) return;
			c.save();
			c.beginPath();
			c.rect(left, top, width, height);
			c.clip();
			const kx = width / (sx.max - sx.min), ky = height / (sy.max - sy.min);
			this.own(u, c, v => left + (v - sx.min) * kx, v => top + height - (v - sy.min) * ky);
			c.restore();
		}
	}

	// Dots of a frame, coloured by their eigenvalue over [-most, most], with lines to the twins.
	function cloud(c, x, y, frame, most, twins, ratio) {
		const { alpha, rest, top, twinAlpha, twinRest } = frame, m = alpha.length, colours = ramp();
		if (twins) {
			c.strokeStyle = css("--muted");
			c.lineWidth = ratio;
			c.globalAlpha = m > 1000 ? .5 : .8;
			c.beginPath();
			for (let i = 0; i < m; i++) {
				c.moveTo(x(alpha[i]), y(rest[i]));
				c.lineTo(x(twinAlpha[i]), y(twinRest[i]));
			}
			c.stroke();
			c.globalAlpha = 1;
		}
		const size = (m > 2000 ? 3 : m > 500 ? 4 : 5) * ratio, bins = colours.map(() => []);
		for (let i = 0; i < m; i++) {
			const v = most > 0 ? top[i] / most : 0;
			bins[shades + Math.round(shades * Math.max(-1, Math.min(1, v || 0)))].push(i);
		}
		bins.forEach((list, k) => {
			c.fillStyle = colours[k];
			for (const i of list) c.fillRect(x(alpha[i]) - size / 2, y(rest[i]) - size / 2, size, size);
		});
	}

	function key(canvas) {
		const c = canvas.getContext("2d"), colours = ramp(), w = canvas.width / colours.length;
		colours.forEach((colour, k) => { c.fillStyle = colour; c.fillRect(k * w, 0, w + 1, canvas.height); });
	}

	// Density of the values in equal bins over [low, high].
	function histogram(values, low, high, bins) {
		const out = new Float64Array(bins), scale = bins / (high - low);
		for (const v of values) out[Math.max(0, Math.min(bins - 1, Math.floor((v - low) * scale)))]++;
		for (let k = 0; k < bins; k++) out[k] *= scale / values.length;
		return out;
	}

	return { Panel, text, css, cloud, key, histogram, dark };
})();
