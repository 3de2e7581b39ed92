/** What a chart's SVG shows. */
export function texts(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) => text);
}

/** Points of each path that is drawn in this colour without filling, as [x, y] in pixels; one list a moveto. */
export function strokes(svg: string, color: string): [number, number][][] {
  return [...svg.matchAll(/<path d="([^"]*)"([^>]*)>/g)]
    .filter(([, , style = '']) => style.includes(`stroke="${color}"`) && style.includes('fill="none"'))
    .flatMap(([, d = '']) => d.split('M').filter((part) => part !== ''))
    .map((part) =>
      part.split('L').map(
        (point) =>
          point
            .trim()
            .split(/[\s,]+/)
            .map(Number) as [number, number],
      ),
    );
}
