/** Runs in the page before its own code: notes when the list of chats first shows what it has, as painted. */
const seen = (): boolean =>
  document.querySelector('nav[aria-label=Conversations] [data-row] a') !== null ||
  (document.querySelector('nav[aria-label=Conversations]')?.textContent ?? '').includes(
    'Your chats will appear',
  );
const observer = new MutationObserver(() => {
  if (!seen()) return;
  observer.disconnect();
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      document.documentElement.dataset.firstRows = String(performance.now());
    };
    channel.port2.postMessage(null);
  });
});
observer.observe(document, { childList: true, subtree: true });

export {};
