// What the page does beyond HTML: it takes in what is new, runs the stop watches, and plays a
// record. Every page works without it, only not by itself.
'use strict';

(() => {
  const body = document.body;
  const byId = (id) => document.getElementById(id);

  // --- What is new: parts of the page, rendered by the server ---

  /** Makes `now` look like `then`, touching only what differs: focus, scrolling and what a screen
   *  reader has already read stay. */
  function morph(now, then) {
    for (const name of now.getAttributeNames()) {
      if (!then.hasAttribute(name) && !name.startsWith('data-kept')) now.removeAttribute(name);
    }
    for (const name of then.getAttributeNames()) {
      if (now.getAttribute(name) !== then.getAttribute(name)) now.setAttribute(name, then.getAttribute(name));
    }
    if (now.dataset.since) return;
    const old = new Map();
    for (const child of now.children) if (child.id) old.set(child.id, child);
    let place = now.firstChild;
    for (const fresh of [...then.childNodes]) {
      let match = null;
      if (fresh.id && old.has(fresh.id)) match = old.get(fresh.id);
      else if (place && !place.id && !fresh.id && place.nodeName === fresh.nodeName) match = place;
      if (!match) {
        now.insertBefore(fresh, place);
        // A record that was not there a moment ago lights up for a moment.
        if (fresh.id && fresh.id.startsWith('row-')) fresh.dataset.keptNew = '';
        continue;
      }
      if (match === place) place = place.nextSibling;
      else now.insertBefore(match, place);
      if (match.nodeType === Node.ELEMENT_NODE) morph(match, fresh);
      else if (match.nodeValue !== fresh.nodeValue) match.nodeValue = fresh.nodeValue;
    }
    while (place) {
      const next = place.nextSibling;
      place.remove();
      place = next;
    }
  }

  function parse(html) {
    const template = document.createElement('template');
    template.innerHTML = html;
    return template.content;
  }

  function renew(id, html) {
    const part = byId(id);
    if (!part) return;
    const ends = new Set();
    for (const list of part.querySelectorAll('[data-follow]')) {
      if (list.scrollHeight - list.scrollTop - list.clientHeight < 48) ends.add(list.parentNode.id);
    }
    const shell = part.cloneNode(false);
    shell.append(parse(html));
    morph(part, shell);
    for (const list of part.querySelectorAll('[data-follow]')) {
      if (ends.has(list.parentNode.id) || !list.dataset.keptSeen) list.scrollTop = list.scrollHeight;
      list.dataset.keptSeen = '1';
    }
    tick();
  }

  /** Brings a record's page up to date; not while it is being listened to. */
  async function reload() {
    const audio = byId('audio');
    if (audio && !audio.paused) {
      audio.addEventListener('pause', reload, { once: true });
      return;
    }
    const answer = await fetch(location.href, { credentials: 'same-origin' });
    if (!answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const [now, then] = [byId('record'), fresh.getElementById('record')];
    if (!now || !then) return;
    if (now.dataset.revision !== then.dataset.revision) {
      location.reload();
      return;
    }
    now.dataset.state = then.dataset.state;
    now.querySelector('.receipt').replaceWith(then.querySelector('.receipt'));
  }

  function say(text) {
    const line = byId('connection');
    line.textContent = text;
    line.hidden = !text;
    body.classList.toggle('stale', Boolean(text));
  }

  let lost = 0;
  function listen() {
    const source = new EventSource(body.dataset.events);
    source.addEventListener('open', () => {
      clearTimeout(lost);
      lost = 0;
      say('');
    });
    source.addEventListener('part', (event) => {
      const { id, html } = JSON.parse(event.data);
      renew(id, html);
    });
    source.addEventListener('record', (event) => {
      const { call, state } = JSON.parse(event.data);
      const record = byId('record');
      if (record && record.dataset.call === call && record.dataset.state !== state) reload();
    });
    source.addEventListener('over', () => {
      source.close();
      clearTimeout(lost);
      say(body.dataset.over);
    });
    source.addEventListener('error', () => {
      if (!lost) lost = setTimeout(() => say(body.dataset.lost), 3000);
      // A browser gives up where the answer is no stream: the session is over, or the appliance
      // starts again.
      if (source.readyState === EventSource.CLOSED) setTimeout(again, 5000);
    });
  }

  async function again() {
    const answer = await fetch('/api/state', { credentials: 'same-origin' }).catch(() => null);
    if (answer && answer.status === 401) {
      clearTimeout(lost);
      say(body.dataset.over);
    } else {
      listen();
    }
  }

  // --- Stop watches ---

  function span(ms) {
    const all = Math.max(0, Math.floor(ms / 1000));
    const [hours, minutes, seconds] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
    const two = (number) => String(number).padStart(2, '0');
    return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
  }

  // The appliance's clock counts, not the browser's.
  const ahead = Date.now() - Number(body.dataset.now);

  function tick() {
    for (const watch of document.querySelectorAll('[data-since]')) {
      const text = span(Date.now() - ahead - Number(watch.dataset.since));
      if (watch.textContent !== text) watch.textContent = text;
    }
  }

  // --- One record ---

  function cite(indices) {
    document.querySelectorAll('.cited').forEach((item) => item.classList.remove('cited'));
    const items = indices.map((index) => byId(`u${index}`)).filter(Boolean);
    items.forEach((item) => item.classList.add('cited'));
    return items;
  }

  const still = matchMedia('(prefers-reduced-motion: reduce)');
  function show(item) {
    item.scrollIntoView({ block: 'nearest', behavior: still.matches ? 'auto' : 'smooth' });
  }

  function player() {
    const box = byId('player');
    const audio = byId('audio');
    const total = Number(byId('wave').getAttribute('aria-valuemax')) || 1;
    let drawing = null;

    audio.controls = false;
    audio.hidden = true;
    byId('controls').hidden = false;

    function seek(seconds) {
      const to = Math.min(Math.max(0, seconds), drawing ? drawing.seconds : total);
      audio.currentTime = to;
      moved(to);
    }

    let current = null;
    function moved(seconds) {
      byId('position').textContent = span(seconds * 1000);
      const wave = byId('wave');
      wave.setAttribute('aria-valuenow', String(Math.floor(seconds)));
      wave.setAttribute('aria-valuetext', span(seconds * 1000));
      if (drawing) drawing.at(seconds);
      const items = [...document.querySelectorAll('[data-start]')];
      const ms = seconds * 1000;
      const item = items.findLast((one) => Number(one.dataset.start) <= ms && ms < Number(one.dataset.end));
      if (item === current) return;
      if (current) current.classList.remove('spoken');
      current = item || null;
      if (current) {
        current.classList.add('spoken');
        if (!audio.paused) show(current);
      }
    }

    const play = byId('play');
    function toggle() {
      if (audio.paused) audio.play().catch(() => {});
      else audio.pause();
    }
    function shown() {
      play.setAttribute('aria-pressed', String(!audio.paused));
      play.querySelector('span').textContent = audio.paused ? play.dataset.play : play.dataset.pause;
    }
    play.addEventListener('click', toggle);
    audio.addEventListener('play', shown);
    audio.addEventListener('pause', shown);
    audio.addEventListener('timeupdate', () => moved(audio.currentTime));
    byId('speed').addEventListener('change', (event) => { audio.playbackRate = Number(event.target.value); });

    const wave = byId('wave');
    wave.addEventListener('pointerdown', (event) => {
      const frame = wave.getBoundingClientRect();
      seek(((event.clientX - frame.left) / frame.width) * (drawing ? drawing.seconds : total));
    });
    wave.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 5, ArrowUp: 5, ArrowLeft: -5, ArrowDown: -5, PageUp: 30, PageDown: -30 }[event.key];
      if (step) seek(audio.currentTime + step);
      else if (event.key === 'Home') seek(0);
      else if (event.key === 'End') seek(total);
      else if (event.key === ' ' || event.key === 'Enter') toggle();
      else return;
      event.preventDefault();
    });

    fetch(box.dataset.peaks, { credentials: 'same-origin' })
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error('no peaks'))))
      .then((peaks) => {
        drawing = draw(peaks);
        wave.hidden = false;
      })
      .catch(() => {});

    document.querySelector('.words.whole')?.classList.add('plays');
    return (indices, andPlay) => {
      const [first] = cite(indices);
      if (!first) return;
      show(first);
      if (drawing) drawing.cite(indices);
      seek(Number(first.dataset.start) / 1000);
      if (andPlay) audio.play().catch(() => {});
    };
  }

  /** Draws both sides about an axis, agent above, customer below, with a head that moves. */
  function draw(peaks) {
    const svg = byId('waveform');
    const seconds = Math.max(peaks.ms / 1000, 0.001);
    const add = (name, attributes, text) => {
      const element = document.createElementNS('http://www.w3.org/2000/svg', name);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      if (text) element.textContent = text;
      svg.append(element);
      return element;
    };
    const step = 800 / peaks.agent.length;
    const bars = (side, up) => side.map((peak, at) => {
      const height = Math.sqrt(peak / 255) * 54;
      return height < 1 ? '' : `M${(at * step).toFixed(2)} 60v${up ? -height.toFixed(1) : height.toFixed(1)}h${(step * 0.7).toFixed(2)}V60z`;
    }).join('');
    const marks = add('g', { class: 'cite' });
    add('path', { class: 'a', d: bars(peaks.agent, true) });
    add('path', { class: 'c', d: bars(peaks.customer, false) });
    add('rect', { class: 'axis', x: 0, y: 59.5, width: 800, height: 1 });
    const past = add('rect', { class: 'past', x: 0, y: 0, width: 0, height: 120 });
    const head = add('rect', { class: 'head', x: 0, y: 0, width: 1.6, height: 120 });
    return {
      seconds,
      at(now) {
        const x = Math.min(now / seconds, 1) * 800;
        past.setAttribute('width', x);
        head.setAttribute('x', Math.min(x, 798.4));
      },
      cite(indices) {
        marks.replaceChildren();
        for (const item of indices.map((index) => byId(`u${index}`)).filter(Boolean)) {
          const [start, end] = [Number(item.dataset.start), Number(item.dataset.end)];
          const mark = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
          mark.setAttribute('x', (start / peaks.ms) * 800);
          mark.setAttribute('width', Math.max(2, ((end - start) / peaks.ms) * 800));
          mark.setAttribute('y', 0);
          mark.setAttribute('height', 120);
          marks.append(mark);
        }
      },
    };
  }

  function record() {
    const point = byId('player') ? player() : (indices) => cite(indices).slice(0, 1).forEach(show);
    document.addEventListener('click', (event) => {
      const evidence = event.target.closest('[data-evidence]');
      const said = event.target.closest('.words.whole .seek, .words.whole li > p');
      // Who marks words to copy them does not want to hear them.
      const marking = String(getSelection()) !== '';
      if (evidence) point(evidence.dataset.evidence.split(' '));
      else if (said && !marking) point([said.closest('li').id.slice(1)], true);
      else return;
      event.preventDefault();
    });
    const reveal = byId('reveal');
    if (reveal) {
      reveal.addEventListener('submit', async (event) => {
        event.preventDefault();
        const answer = await fetch(reveal.action, {
          method: 'POST',
          body: new URLSearchParams(new FormData(reveal)),
          headers: { Accept: 'application/json' },
          credentials: 'same-origin',
        });
        const told = await answer.json();
        if (answer.ok) {
          byId('number').textContent = told.number;
          reveal.remove();
        } else {
          say(`${told.error} ${told.advice}`);
        }
      });
    }
  }

  if (byId('record')) record();
  if (body.dataset.events) {
    listen();
    tick();
    setInterval(tick, 1000);
    for (const list of document.querySelectorAll('[data-follow]')) {
      list.scrollTop = list.scrollHeight;
      list.dataset.keptSeen = '1';
    }
  }
})();
