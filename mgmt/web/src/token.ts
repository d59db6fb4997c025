// The token this page shows to the daemon. Kept as long as the tab is open, and nowhere else.

const kKey = 'tidemark-token';

class Token {
  /** The daemon asks for a token, or for another one. */
  wanted = false;
  private readonly listeners = new Set<() => void>();

  headers(): Record<string, string> {
    const token = sessionStorage.getItem(kKey);
    return token === null ? {} : {Authorization: `Bearer ${token}`};
  }

  get given(): boolean {
    return sessionStorage.getItem(kKey) !== null;
  }

  /** Why the daemon does not take it; empty if it does. */
  async refused(token: string): Promise<string> {
    const headers = {Authorization: `Bearer ${token}`};
    const response = await fetch('/api/v1/whoami', {headers}).catch(() => null);
    if (response === null) return 'The daemon does not answer.';
    if (response.ok) return '';
    return (await response.json().catch(() => ({}))).detail ?? `HTTP ${response.status}`;
  }

  give(token: string): void {
    sessionStorage.setItem(kKey, token);
    this.say(false);
  }

  forget(): void {
    sessionStorage.removeItem(kKey);
    this.say(true);
  }

  ask(): void {
    if (!this.wanted) this.say(true);
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private say(wanted: boolean): void {
    this.wanted = wanted;
    for (const listener of this.listeners) listener();
  }
}

export const token = new Token();
