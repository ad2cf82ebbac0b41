/// What the page looks like, and how it looks anew without losing the reader's place.
enum PageStyle {
    static let sheet = """
        :root { color-scheme: light dark; --ink: #1f1b18; --soft: #645b53; --paper: #faf8f5; --card: #fff; --line: #ddd5cb;
          --good: #1d6b3a; --bad: #a3201a; --warn: #8a5300; --done: #2f7d4f; --failed: #c2413a; --median: #2b6c94; --most: #9ec3da; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #ece7e1; --soft: #aba197; --paper: #161311; --card: #1f1b18; --line: #3a342f; --good: #6fcf97;
            --bad: #ff8a80; --warn: #f0b45a; --done: #58b883; --failed: #ff7d73; --median: #74b6dd; --most: #35586e; }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 68rem; padding: 1rem; color: var(--ink); background: var(--paper);
          font: 1rem/1.5 system-ui, sans-serif; }
        header { display: flex; align-items: center; justify-content: space-between; flex-wrap: wrap; gap: .25rem 1rem; }
        h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
        h2 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
        a { color: inherit; text-underline-offset: .2em; }
        a:focus-visible, .wide:focus-visible { outline: 3px solid var(--median); outline-offset: 2px; }
        code { font-size: .9em; }
        .state { margin: 0; font-weight: 600; border: 1px solid currentColor; border-radius: 2rem; padding: .1rem .9rem; }
        .good { color: var(--good); }
        .bad { color: var(--bad); }
        .obstacles { border-left: .3rem solid var(--bad); background: var(--card); padding: .25rem 1rem; margin-top: 1rem; }
        .obstacles h2 { margin-top: .5rem; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0 0 .75rem; }
        dt { color: var(--soft); }
        dd { margin: 0; overflow-wrap: anywhere; }
        .large, .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); gap: 1rem; }
        .large { margin-top: 1rem; }
        .large div, figure, .flow li { border: 1px solid var(--line); border-radius: .6rem; background: var(--card); }
        .large div { padding: .75rem 1rem; }
        .large b { display: block; font-size: 2.4rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
        .large span { color: var(--soft); }
        meter { width: 100%; height: .6rem; margin-top: .25rem; }
        .flow { list-style: none; margin: 0; padding: 0; display: grid; gap: .5rem;
          grid-template-columns: repeat(auto-fit, minmax(7.2rem, 1fr)); }
        .flow li { padding: .5rem .75rem; display: flex; flex-direction: column; min-width: 0; }
        .flow b { font-size: 1.5rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
        .flow small { color: var(--soft); line-height: 1.3; }
        .flow .warn b { color: var(--warn); }
        figure { margin: 0; padding: .75rem 1rem; min-width: 0; }
        figcaption, .axis { display: flex; justify-content: space-between; gap: 1rem; flex-wrap: wrap; }
        figcaption span, .axis, .keys { color: var(--soft); font-size: .875rem; }
        svg { display: block; width: 100%; height: 7rem; border-bottom: 1px solid var(--line); margin-top: .5rem; }
        rect.done { fill: var(--done); }
        rect.failed { fill: var(--failed); }
        rect.median { fill: var(--median); }
        rect.most { fill: var(--most); }
        .keys { margin: .25rem 0 0; display: flex; gap: .25rem 1rem; flex-wrap: wrap; }
        .key::before { content: ""; display: inline-block; width: .7rem; height: .7rem; margin-right: .4rem; border-radius: .15rem; }
        .key.done::before { background: var(--done); }
        .key.failed::before { background: var(--failed); }
        .key.median::before { background: var(--median); }
        .key.most::before { background: var(--most); }
        .pictures { list-style: none; margin: 0; padding: 0; display: grid; gap: .75rem;
          grid-template-columns: repeat(auto-fill, minmax(min(100%, 10rem), 1fr)); }
        .pictures a { display: block; border: 1px solid var(--line); border-radius: .6rem; background: var(--card); overflow: hidden; }
        .pictures img { display: block; width: 100%; height: 7.5rem; object-fit: cover; background: var(--line); }
        .whole { grid-template-columns: repeat(auto-fill, minmax(min(100%, 18rem), 1fr)); }
        .whole img { height: auto; }
        .pictures span { display: block; padding: .25rem .6rem; font-size: .875rem; overflow: hidden; white-space: nowrap;
          text-overflow: ellipsis; }
        .wide { overflow-x: auto; }
        table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: .35rem 1rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
        th { font-weight: 600; white-space: nowrap; }
        td:first-child { white-space: nowrap; }
        .number { text-align: right; }
        footer { margin-top: 2rem; font-size: .875rem; color: var(--soft); display: flex; justify-content: space-between;
          flex-wrap: wrap; gap: 0 1rem; }
        footer p { margin: 0; }
        nav a { margin-right: .75rem; }

        """

    /// Puts a new page in the place of the old one every five seconds, while anybody looks; says so when the daemon is gone.
    static let script = """
        "use strict";
        async function look() {
          if (document.hidden) return;
          try {
            const answer = await fetch("/", { cache: "no-store" });
            const page = new DOMParser().parseFromString(await answer.text(), "text/html");
            const parts = ["header", "main", "footer"];
            if (!answer.ok || parts.some((part) => !page.querySelector(part))) throw new Error(String(answer.status));
            for (const part of parts) {
              const old = document.querySelector(part), now = page.querySelector(part);
              if (old.innerHTML !== now.innerHTML) old.replaceWith(now);
            }
            document.title = page.title;
          } catch {
            const state = document.querySelector(".state");
            state.className = "state bad";
            state.textContent = "the daemon does not answer";
          }
        }
        setInterval(look, 5000);
        document.addEventListener("visibilitychange", look);

        """

    static let icon = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#7c1712"/>\
        <circle cx="16" cy="16" r="8" fill="none" stroke="#ffe9e3" stroke-width="3"/><circle cx="16" cy="16" r="2.5" fill="#ffe9e3"/></svg>

        """
}
