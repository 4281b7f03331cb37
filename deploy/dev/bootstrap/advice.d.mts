export class Advice extends Error {}
