// Handwritten digits as text.

const shades = ' .:+*#@';
const side = 28;

/** Pictures of 28 × 28 bytes beside each other, each with a caption: the middle 20 × 20 pixels, two rows of them a line. */
export function showDigits(pictures, captions) {
  const lines = Array.from({ length: 10 }, (_, line) => pictures.map((pixels) => drawLine(pixels, 4 + 2 * line)).join('   '));
  return [...lines, captions.map((caption) => caption.padEnd(20)).join('   ')].join('\n');
}

function drawLine(pixels, row) {
  const characters = Array.from({ length: 20 }, (_, i) => {
    const at = row * side + 4 + i;
    return shades[Math.round(((pixels[at] + pixels[at + side]) / 510) * (shades.length - 1))];
  });
  return characters.join('');
}
