/**
 * Lets the page do what waits: input, drawing. Not by a timer: a page in the background gets those once a second, and later once
 * a minute.
 */
export function nextTurn(): Promise<void> {
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage(null);
  });
}
