"use strict";
// One stream of messages makes the page, from the server or from the recording in this file: run, density, constant,
// frames, state, end.
const kacExplore = (() => {
	const { Panel, text, css, cloud, key, histogram, dark } = kacPanels;
	const $ = id => document.getElementById(id);
	const live = document.body.hasAttribute("data-live");
	const bins = 48;
	const page = { run: null, state: null, frames: [], density: null, constant: null, shown: -1, follow: true, playing: null, draws: [], ended: false, most: 0, tallest: 0 };

	function floats(base64) {
		const raw = atob(base64), bytes = new Uint8Array(raw.length);
		for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
		return new Float32Array(bytes.buffer);
	}

	const alphaLow = () => page.run && page.run.rank > 1 ? 0 : -1;
	const times = () => page.run ? page.run.times : [0, 1];
	const span = values => {
		let high = 0;
		for (const list of values) for (const v of list) if (v != null && v > high) high = v;
		return [0, high > 0 ? 1.05 * high : 1];
	};
	const overTime = panel => ({ x: [0, times()[times().length - 1]], y: span(panel.plot && panel.data ? panel.data.slice(1) : []) });
	const marker = (u, c, x) => {
		if (page.shown < 0) return;
		const at = Math.round(x(times()[page.shown])) + .5;
		c.strokeStyle = css("--muted");
		c.lineWidth = devicePixelRatio;
		c.setLineDash([]);
		c.beginPath();
		c.moveTo(at, u.bbox.top);
		c.lineTo(at, u.bbox.top + u.bbox.height);
		c.stroke();
	};

	const finite = { colour: "--finite" }, limit = { colour: "--limit", dash: [8, 4], spans: true }, second = { colour: "--second" };
	const panels = {};
	panels.cloud = new Panel("cloud", () => ({ x: [alphaLow(), 1], y: [-page.tallest || -1, page.tallest || 1] }), [], (u, c, x, y) => {
		const frame = page.frames[page.shown];
		if (frame) cloud(c, x, y, frame, page.most, $("twins").checked, devicePixelRatio);
	});
	panels.histogram = new Panel("histogram", () => ({ x: [alphaLow(), 1], y: [0, heights()] }), [], bars);
	for (const [id, series] of Object.entries({ risk: [finite, limit], gap: [finite, limit], coupling: [finite, second, limit] })) {
		panels[id] = new Panel(id, () => overTime(panels[id] || {}), series, marker);
	}

	function heights() {
		const frame = page.frames[page.shown];
		return frame ? 1.15 * Math.max(...frame.histogram()) : 1;
	}

	function bars(u, c, x, y) {
		const frame = page.frames[page.shown];
		if (!frame) return;
		const list = frame.histogram(), low = alphaLow(), w = (1 - low) / bins;
		c.fillStyle = css("--bar");
		list.forEach((v, k) => c.fillRect(x(low + k * w), y(v), x(low + (k + 1) * w) - x(low + k * w) - devicePixelRatio, y(0) - y(v)));
		if (!page.density || !page.density.data) return;
		const n = page.density.places, from = 2 * n * page.shown, d = page.density.data;
		c.strokeStyle = css("--limit");
		c.lineWidth = 2 * devicePixelRatio;
		c.setLineDash([8 * devicePixelRatio, 4 * devicePixelRatio]);
		c.beginPath();
		for (let i = 0; i < n; i++) {
			const px = x(d[from + i]), py = Math.max(y(d[from + n + i]), u.bbox.top - 1e4);
			i ? c.lineTo(px, py) : c.moveTo(px, py);
		}
		c.stroke();
		c.setLineDash([]);
	}

	// C(t) at time t, by straight lines between its times.
	function between(list, t) {
		const c = page.constant;
		if (!c || !c.times || t == null) return null;
		let k = c.times.findIndex(s => s >= t);
		if (k <= 0) return k === 0 ? list[0] : null;
		const a = list[k - 1], b = list[k];
		return a == null || b == null ? null : a + (b - a) * (t - c.times[k - 1]) / (c.times[k] - c.times[k - 1]);
	}

	function series(column, scale = 1) { return times().map((t, k) => k < page.frames.length ? scale * page.frames[k].row[column] : null); }

	function curves() {
		if (!page.run) return;
		const t = times(), m = page.run.parameters.width, c = page.constant;
		const of = list => t.map(s => c && list ? between(list, s) : null);
		panels.risk.set([t, series(1), page.run.risk]);
		panels.gap.set([t, series(3, m), of(c && c.constant)]);
		panels.coupling.set([t, series(6, m), t.map((s, k) => k < page.frames.length ? m * page.frames[k].row[4] ** 2 : null), of(c && c.coupling)]);
	}

	// What is to be drawn anew is drawn once a screen's frame, however many messages came.
	let dirty = 0, asked = false;
	const FRAME = 1, CURVES = 2;
	function draw(what) {
		dirty |= what;
		if (asked) return;
		asked = true;
		requestAnimationFrame(() => {
			const began = performance.now(), now = dirty;
			asked = false;
			dirty = 0;
			if (now & CURVES) curves();
			show(!(now & CURVES));
			queueMicrotask(() => { // behind uPlot's own, which draw
				page.draws.push(performance.now() - began);
				if (page.draws.length > 120) page.draws.shift();
			});
		});
	}

	function show(marks) {
		const frame = page.frames[page.shown], scrub = $("scrub");
		scrub.max = Math.max(0, page.frames.length - 1);
		scrub.value = Math.max(0, page.shown);
		scrub.disabled = page.frames.length < 2;
		panels.cloud.redraw();
		panels.histogram.redraw();
		if (marks) for (const id of ["risk", "gap", "coupling"]) panels[id].plot.redraw(false);
		if (!frame) return;
		const t = frame.row[0], m = page.run.parameters.width;
		$("time").textContent = "t = " + text(t, 6);
		scrub.setAttribute("aria-valuetext", "time " + text(t, 6));
		const numbers = { risk: frame.row[1], reference: frame.row[2], gap: m * frame.row[3], coupling: m * frame.row[6],
			constant: page.constant && between(page.constant.constant, t), "coupling-limit": page.constant && between(page.constant.coupling, t) };
		for (const [id, v] of Object.entries(numbers)) $("n-" + id).textContent = text(v);
		$("low").textContent = text(-page.most, 2);
		$("high").textContent = text(page.most, 2);
		label(frame);
	}

	// What a picture shows, in words.
	function label(frame) {
		const m = page.run.parameters.width, t = text(frame.row[0], 6);
		let aligned = 0, spread = 0;
		for (let i = 0; i < m; i++) {
			if (Math.abs(frame.alpha[i]) > .9) aligned++;
			if (frame.top[i] > 0) spread++;
		}
		const say = (id, words) => document.querySelector("#" + id + " .plot").setAttribute("aria-label", words);
		say("cloud", `${m} particles at time ${t}: ${aligned} with an alignment above 0.9, ${spread} with a positive top eigenvalue`);
		say("histogram", `Histogram of the alignments at time ${t}, with the exact density of the infinite network`);
		say("risk", `Risk up to time ${t}: ${text(frame.row[1])}, at infinite width ${text(frame.row[2])}`);
		say("gap", `m times function error up to time ${t}: ${text(m * frame.row[3])}`);
		say("coupling", `m times the mean squared distance to the twins up to time ${t}: ${text(m * frame.row[6])}`);
	}

	const receive = {
		run(data) {
			Object.assign(page, { run: data, frames: [], density: null, constant: null, shown: -1, follow: live, most: 0, tallest: 0 });
			stop();
			$("task").textContent = data.task;
			const r = data.rank, p = data.parameters;
			$("rest-index").textContent = r + 1;
			$("alpha-label").textContent = r > 1 ? "alignment α = |(w₁, …, w" + "₀₁₂₃₄₅₆₇₈₉"[r] + ")|" : "alignment α = ⟨w, e₁⟩";
			$("whose").textContent = p.eigenvalues === "network" ? "of this network" : "of the infinite network, at the particle’s place";
			$("density-note").textContent = "The exact density is being computed.";
			$("constant-note").textContent = "C(t) is being computed.";
			if (live) fill(p);
			draw(FRAME | CURVES);
		},
		density(data) {
			page.density = data.data ? { places: data.places, data: floats(data.data) } : null;
			$("density-note").textContent = data.why ? "The exact density is not shown: " + data.why : "";
			draw(FRAME);
		},
		constant(data) {
			page.constant = data.times ? data : null;
			$("constant-note").textContent = data.why ? "C(t) is not shown: " + data.why : "One network scatters around its mean; C(t) is that of many, as m grows.";
			draw(FRAME | CURVES);
		},
		frames(data) {
			if (!page.run || data.run !== page.run.run) return;
			const m = page.run.parameters.width, all = floats(data.data);
			data.rows.forEach((row, k) => {
				const part = j => all.subarray((5 * k + j) * m, (5 * k + j + 1) * m);
				const frame = { row, alpha: part(0), rest: part(1), top: part(2), twinAlpha: part(3), twinRest: part(4), bars: null };
				const low = alphaLow();
				frame.histogram = () => frame.bars || (frame.bars = histogram(frame.alpha, low, 1, bins));
				for (const v of frame.top) if (Math.abs(v) > page.most) page.most = Math.abs(v);
				for (const v of frame.rest) if (Math.abs(v) > page.tallest) page.tallest = 1.05 * Math.abs(v);
				page.frames[data.from + k] = frame;
			});
			if (page.follow || page.shown < 0) page.shown = live ? page.frames.length - 1 : 0;
			draw(FRAME | CURVES);
		},
		state(data) {
			page.state = data;
			if (live) tell();
		},
		end() {
			page.ended = true;
			if (live) {
				source.close();
				tell();
			}
		},
	};

	// Play back what is there, at the chosen speed; at the end a live page follows again.
	function stop() {
		if (page.playing) cancelAnimationFrame(page.playing.id);
		page.playing = null;
		$("play").textContent = "Play back";
	}

	function play() {
		if (page.playing) return stop();
		if (page.frames.length < 2) return;
		page.follow = false;
		if (page.shown >= page.frames.length - 1) page.shown = 0;
		const speed = Number($("speed").value) || 5;
		let from = times()[page.shown], began = null;
		page.playing = {};
		$("play").textContent = "Stop";
		const turn = now => {
			began ??= now;
			const t = from + (now - began) / 1000 * speed;
			let k = page.shown;
			while (k + 1 < page.frames.length && times()[k + 1] <= t) k++;
			if (k !== page.shown) { page.shown = k; draw(FRAME); }
			if (k >= page.frames.length - 1) return stop();
			page.playing.id = requestAnimationFrame(turn);
		};
		page.playing.id = requestAnimationFrame(turn);
	}

	$("play").addEventListener("click", play);
	$("scrub").addEventListener("input", () => {
		stop();
		page.follow = false;
		page.shown = Number($("scrub").value);
		draw(FRAME);
	});
	$("latest").addEventListener("click", () => {
		stop();
		page.follow = live;
		page.shown = page.frames.length - 1;
		draw(FRAME);
	});
	$("twins").addEventListener("change", () => { $("twin-note").hidden = !$("twins").checked; draw(FRAME); });
	$("twin-note").hidden = true;
	key($("ramp"));
	dark.addEventListener("change", () => { key($("ramp")); draw(FRAME | CURVES); });

	let source = null, fill = () => {}, tell = () => {};
	if (live) ({ source, fill, tell } = kacLive(page, receive, $, text));
	else {
		for (const part of document.querySelectorAll("script.recorded")) receive[part.dataset.kind](JSON.parse(part.textContent));
		$("speed").value = "2";
		$("phase").textContent = "A recording: " + page.frames.length + " frames of " + page.run.parameters.width + " particles, seed " + page.run.parameters.seed + ".";
	}
	return page;
})();
