/** Rows of text under a head, in columns as wide as their widest cell; columns from `firstRight` on are right-aligned. Lines without rules. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[], firstRight: number): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const align = (text: string, column: number): string => {
    const width = widths[column] ?? 0;
    return column >= firstRight ? text.padStart(width) : text.padEnd(width);
  };
  return [head, ...rows].map((row) => row.map(align).join('  ').trimEnd());
}
