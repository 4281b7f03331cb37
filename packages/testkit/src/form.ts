/** FAULTS=1 asks for the long form: hours of trouble in minutes. Else every scenario runs in seconds. */
export const isLong = process.env.FAULTS === '1';

/** What the long form, or the short one, takes. */
export function byForm<T>(forms: { readonly long: T; readonly short: T }): T {
  return isLong ? forms.long : forms.short;
}
