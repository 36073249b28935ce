"use strict";
// Says once that the page has changed, or that it would not be said any more. It asks for nothing
// but the stream, replaces nothing, moves no focus, and loads the page again only when asked to.
(() => {
  const notice = document.getElementById("live");
  if (!notice || !window.EventSource) return;
  const PATIENCE = 20000;
  let stream = null;
  let late = 0;
  let mark = notice.dataset.mark;
  let typed = false;
  let told = false;

  const say = (words) => {
    if (told) return;
    told = true;
    stop();
    const text = document.createElement("p");
    text.className = "govuk-body";
    const link = document.createElement("a");
    link.className = "govuk-link";
    link.href = notice.dataset.page;
    link.textContent = "Show the page as it is now";
    link.addEventListener("click", (event) => {
      event.preventDefault();
      location.reload();
    });
    text.append(words, typed ? " What you have typed here is not sent, and would be lost." : "", " ", link);
    notice.append(text);
  };

  const stop = () => {
    clearTimeout(late);
    late = 0;
    if (stream) stream.close();
    stream = null;
  };

  const lost = () => say("This page is not kept up to date any more.");

  const listen = () => {
    if (stream || told) return;
    stream = new EventSource(`${notice.dataset.stream}&since=${encodeURIComponent(mark)}`);
    stream.onopen = () => {
      clearTimeout(late);
      late = 0;
    };
    stream.onerror = () => {
      if (stream && stream.readyState === EventSource.CLOSED) lost();
      else late = late || setTimeout(lost, PATIENCE);
    };
    stream.addEventListener("changed", () => say("Something on this page has changed."));
    stream.addEventListener("over", () => say("Your session has ended, so this page is not kept up to date any more."));
  };

  // Typed words are nobody's to lose: whoever loads the page again is told so first.
  document.getElementById("main").addEventListener("input", () => { typed = true; });
  // A page out of sight listens to nothing: a browser has few connections to one place.
  const seen = () => (document.visibilityState === "visible" ? listen() : stop());
  document.addEventListener("visibilitychange", seen);
  window.addEventListener("pagehide", stop);
  window.addEventListener("pageshow", seen);
  seen();
})();
