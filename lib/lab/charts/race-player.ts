/** What a race's page looks like and how it plays. Written into the page as it is. */

export const style = `
body { font: 14px sans-serif; color: #333; margin: 20px; background: #fff; }
h1 { font-size: 20px; margin: 0 0 8px; }
p { max-width: 70em; margin: 0 0 12px; line-height: 1.4; }
#controls { display: flex; gap: 12px; align-items: center; max-width: 60em; }
#play { width: 5em; padding: 4px 0; font: inherit; }
#step { flex: 1; }
#count { width: 8em; font-variant-numeric: tabular-nums; }
#legend { display: flex; flex-wrap: wrap; gap: 4px 10px; margin: 10px 0; }
#legend button { font: inherit; border: 1px solid #ccc; border-radius: 4px; background: #fff; padding: 2px 8px; cursor: pointer; }
#legend button[aria-pressed="false"] { opacity: 0.35; }
#legend svg { margin-right: 6px; vertical-align: middle; }
#panels { display: flex; flex-wrap: wrap; gap: 8px; }
figure { position: relative; margin: 0; }
.over { position: absolute; left: 0; top: 0; }
`;

export const script = `
'use strict';
{
  const { steps, stride, labels, panels } = JSON.parse(document.getElementById('data').textContent);
  const [play, slider, count, speed] = ['play', 'step', 'count', 'speed'].map((id) => document.getElementById(id));
  const last = Number(slider.max);
  const secondsOfARace = 12;
  const make = (name, attributes) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };

  // One line and one head a path; the line's text to frame f is the first ends[f] characters of the whole.
  const strokes = new Map(labels.map(({ label, ...stroke }) => [label, stroke]));
  const inOrder = (paths) => paths.toSorted((a, b) => strokes.get(a.label).rank - strokes.get(b.label).rank);
  const runners = [];
  document.querySelectorAll('.over > svg').forEach((ground, panel) => {
    for (const { label, points } of inOrder(panels[panel])) {
      const { color, dashes } = strokes.get(label);
      const look = { stroke: color, 'stroke-width': 2, 'stroke-dasharray': dashes.join(' '), 'stroke-opacity': 0.85 };
      const line = make('polyline', { fill: 'none', 'stroke-linejoin': 'round', ...look });
      const head = make('circle', { r: 4.5, fill: color, stroke: '#fff', 'stroke-width': 1 });
      let text = '';
      const ends = [];
      for (let i = 0; i < points.length; i += 2) {
        text += points[i] + ',' + points[i + 1] + ' ';
        ends.push(text.length);
      }
      ground.append(line, head);
      runners.push({ label, line, head, points, text, ends });
    }
  });

  const show = (frame) => {
    for (const { line, head, points, text, ends } of runners) {
      const at = Math.min(frame, ends.length - 1);
      line.setAttribute('points', at < 0 ? '' : text.slice(0, ends[at]));
      head.setAttribute('cx', at < 0 ? -99 : points[2 * at]);
      head.setAttribute('cy', at < 0 ? -99 : points[2 * at + 1]);
    }
    slider.value = frame;
    count.textContent = 'step ' + Math.min(frame * stride, steps);
  };

  let place = last;
  let playing = false;
  let before;
  const tick = (now) => {
    if (!playing) return;
    place += (((now - (before ?? now)) / 1000) * last * Number(speed.value)) / secondsOfARace;
    before = now;
    if (place >= last) stop();
    show(Math.min(last, Math.floor(place)));
    requestAnimationFrame(tick);
  };
  const stop = () => {
    playing = false;
    play.textContent = 'Play';
  };
  play.addEventListener('click', () => {
    if (playing) return stop();
    playing = true;
    before = undefined;
    play.textContent = 'Pause';
    if (place >= last) place = 0;
    requestAnimationFrame(tick);
  });
  slider.addEventListener('input', () => {
    stop();
    place = Number(slider.value);
    show(place);
  });

  const legend = document.getElementById('legend');
  for (const { label, color, dashes } of labels) {
    const button = document.createElement('button');
    const mark = make('svg', { width: 26, height: 8 });
    mark.append(make('line', { x2: 26, y1: 4, y2: 4, stroke: color, 'stroke-width': 3, 'stroke-dasharray': dashes.join(' ') }));
    button.type = 'button';
    button.setAttribute('aria-pressed', 'true');
    button.append(mark, label);
    button.addEventListener('click', () => {
      const shown = button.getAttribute('aria-pressed') !== 'true';
      button.setAttribute('aria-pressed', String(shown));
      for (const runner of runners.filter((entry) => entry.label === label))
        for (const part of [runner.line, runner.head]) part.style.display = shown ? '' : 'none';
    });
    legend.append(button);
  }
  show(last);
}
`;
