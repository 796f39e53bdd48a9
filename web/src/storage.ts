// What the browser keeps for this page. Where it forbids that (private windows, strict settings) the page does as well
// without, until it is closed.

class Kept {
  private readonly here = new Map<string, string>();

  constructor(private readonly storage: () => Storage) {}

  get(key: string): string | null {
    try {
      return this.storage().getItem(key) ?? this.here.get(key) ?? null;
    } catch {
      return this.here.get(key) ?? null;
    }
  }

  set(key: string, value: string): void {
    this.here.set(key, value);
    try {
      this.storage().setItem(key, value);
    } catch {
      // kept here alone
    }
  }
}

export const keptOnDevice = new Kept(() => localStorage);
export const keptInTab = new Kept(() => sessionStorage);
