"use strict";
// What a live page asks of the server: a session for the address's token, the stream, and what the controls say.
function kacLive(page, receive, $, text) {
	const fields = ["problem", "dim", "width", "seed", "dynamics", "eta", "horizon", "points", "eigenvalues"];
	let filled = null;

	async function post(path, body) {
		if (page.ended) return;
		try {
			const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
			const said = answer.status === 204 ? {} : await answer.json();
			$("refused").hidden = !said.reason;
			$("refused").textContent = said.reason || "";
			const field = fields.includes(said.key) && $(said.key);
			for (const f of fields) $(f).removeAttribute("aria-invalid");
			if (field) { field.setAttribute("aria-invalid", "true"); field.focus(); }
		} catch {
			$("phase").textContent = "kac does not answer.";
		}
	}

	function fill(p) {
		filled = p;
		const custom = $("problem").querySelector("option[value='']");
		if (!p.problem && !custom) $("problem").append(new Option(p.activation + " on " + p.link, ""));
		for (const f of fields) if (f !== "eta") $(f).value = p[f] ?? "";
		$("eta").value = p.eta || 0.01;
		step();
	}

	function step() { $("eta").disabled = $("dynamics").value !== "descent"; }
	$("dynamics").addEventListener("change", step);

	$("network").addEventListener("submit", event => {
		event.preventDefault();
		const number = id => Number($(id).value), own = $("problem").value === "";
		const p = { ...(own ? filled : { problem: $("problem").value, rank: 0 }), dim: number("dim"), width: number("width"), seed: $("seed").value,
			dynamics: $("dynamics").value, horizon: number("horizon"), points: number("points"), tolerance: filled.tolerance, eigenvalues: $("eigenvalues").value };
		if (p.dynamics === "descent") p.eta = number("eta"); else delete p.eta;
		post("/start", p);
	});
	$("pause").addEventListener("click", () => post("/pause", { paused: !page.state.paused }));
	$("step").addEventListener("click", () => post("/step", {}));
	$("speed").addEventListener("change", () => post("/speed", { speed: Number($("speed").value) }));

	// The state in words, and the controls as the server has it: another viewer may have changed it.
	function tell() {
		const s = page.state, speed = $("speed");
		$("pause").textContent = s && s.paused ? "Go on" : "Pause";
		for (const id of ["pause", "step"]) $(id).disabled = page.ended || !s || s.phase === "finished" || s.phase === "failed";
		if (page.ended) {
			$("start").disabled = true;
			for (const a of document.querySelectorAll(".save a")) a.removeAttribute("href");
			$("phase").textContent = "kac has ended. What is here can still be played back.";
			return;
		}
		if (!s) return;
		if (document.activeElement !== speed) {
			if (![...speed.options].some(o => Number(o.value) === s.speed)) speed.append(new Option(text(s.speed) + " per s", s.speed));
			speed.value = String(s.speed);
		}
		$("phase").textContent = {
			solving: "Solving the infinite-width limit…",
			running: s.paused ? "Paused." : `Running: frame ${s.frames} of ${s.points}.`,
			finished: `At the horizon, ${s.frames} frames.`,
			failed: "The run failed: " + s.reason,
		}[s.phase] + (s.viewers > 1 ? ` ${s.viewers} viewers.` : "");
	}

	const stream = { close: () => stream.source && stream.source.close() };
	async function connect() {
		const token = new URLSearchParams(location.search).get("token");
		if (token) {
			history.replaceState(null, "", "/");
			await post("/session", { token });
		}
		stream.source = new EventSource("/events");
		for (const kind of Object.keys(receive)) stream.source.addEventListener(kind, e => receive[kind](JSON.parse(e.data)));
		stream.source.addEventListener("error", () => { if (!page.ended) $("phase").textContent = "The connection is lost; trying again."; });
	}
	connect();
	return { source: stream, fill, tell };
}
