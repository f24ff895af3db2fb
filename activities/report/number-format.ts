/** Numbers as a paper prints them. Full precision is kept where every value of the record is listed. */

/** Three significant digits; powers of ten only beyond 10^5 and below 10^-4; a true minus sign. */
export function significant(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return 'not finite';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-4) return scientific(value, digits);
  return minus(size >= 10 ** (digits - 1) ? String(Math.round(value)) : value.toPrecision(digits));
}

export function fixed(value: number, decimals: number): string {
  return minus(value.toFixed(decimals));
}

/** 10000 -> 10,000. */
export function count(value: number): string {
  return minus(
    Math.round(value)
      .toString()
      .replace(/\B(?=(\d{3})+$)/g, ','),
  );
}

/** 725.4 -> 12 min 5 s. */
export function durationInWords(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** An ISO time to the minute, in UTC. */
export function moment(iso: string): string {
  const [, day, minute] = iso.match(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d).*Z$/) ?? [];
  return day === undefined ? iso : `${day} ${minute} UTC`;
}

function scientific(value: number, digits: number): string {
  const [mantissa, exponent] = value.toExponential(digits - 1).split('e') as [string, string];
  return `${minus(mantissa)} × 10${superscript(Number(exponent))}`;
}

/** 10 -> ¹⁰, to follow a base. */
export function superscript(exponent: number): string {
  const figures = '⁰¹²³⁴⁵⁶⁷⁸⁹';
  return [...String(exponent)].map((c) => (c === '-' ? '⁻' : figures[Number(c)])).join('');
}

function minus(text: string): string {
  return text.replace('-', '−');
}
