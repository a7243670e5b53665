/**
 * Serves the live page on this machine alone, and sends what changes of it.
 *
 * @module
 */
import { setTimeout } from "node:timers/promises";
import { headers, listen, type LocalServer, text } from "../serve/loopback.ts";
import { makePage, type Page } from "./page.ts";
import type { HtmlParts, PageData, Report } from "./report.ts";

/** What is served, and how often the files are looked at. */
export interface ServeSettings {
  readonly report: Report;
  readonly port: number;
  /** Milliseconds between two looks at the files. */
  readonly interval?: number;
}

/** What changed of the page. */
type News = Omit<PageData, "html"> & { html: Partial<HtmlParts> };

/** A browser that follows. */
type Follower = ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;

/** Bytes that may wait for a browser. One that is further behind starts again with the full state. */
const mostWaiting = 2 ** 26;
/** Browsers give up a connection in which nothing happens. A failed write also tells that one is gone. */
const secondsOfSilence = 15;
/** The most browsers that follow. */
const mostFollowers = 32;

const encoder = new TextEncoder();

/**
 * Serves the page of a report until it is disposed of.
 *
 * @throws {UserError} If the port cannot be used.
 */
export async function serveReport(
  { report, port, interval = 1000 }: ServeSettings,
): Promise<LocalServer> {
  const followers = new Set<Follower>();
  await report.update();
  let told = report.data("new");
  const page = await makePage({});
  const server = listen(port, (request) => answer(request, { page, report, followers }));
  let lastSent = Date.now();
  const look = async () => {
    const data = await report.update() ? report.data("new") : undefined;
    const news = data && newsSince(told, data);
    if (news) told = data;
    const isSilent = Date.now() - lastSent > secondsOfSilence * 1000;
    if (!news && !isSilent) return;
    lastSent = Date.now();
    // A line that begins with a colon means nothing.
    send(followers, news ? eventText(news) : ": still here\n\n");
  };
  const ended = new AbortController();
  const looking = lookUntil(ended.signal, interval, look);
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      ended.abort();
      await looking;
      for (const follower of followers) follower.close();
      followers.clear();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Not setInterval: a look at large files may take longer than the interval. */
async function lookUntil(
  end: AbortSignal,
  interval: number,
  look: () => Promise<void>,
): Promise<void> {
  while (!end.aborted) {
    await setTimeout(interval, undefined, { signal: end }).catch(() => {}); // it has ended
    if (!end.aborted) await look();
  }
}

interface Served {
  readonly page: Page;
  readonly report: Report;
  readonly followers: Set<Follower>;
}

/** Answers a request for the page or its events, and refuses all others. */
function answer(request: Request, { page, report, followers }: Served): Response {
  const { pathname } = new URL(request.url);
  if (pathname === "/") {
    return new Response(page.html, {
      headers: { ...headers("text/html; charset=utf-8"), "content-security-policy": page.policy },
    });
  }
  if (pathname !== "/events") return text(404, "There is only the page, at /.");
  if (followers.size >= mostFollowers) return text(503, "Too many pages follow already.");
  return new Response(eventStream(report, followers), {
    headers: headers("text/event-stream; charset=utf-8"),
  });
}

/** First the whole state, which the page does not have yet or no longer; then what is new. */
function eventStream(report: Report, followers: Set<Follower>): ReadableStream {
  let own: Follower;
  return new ReadableStream({
    start(follower) {
      own = follower;
      follower.enqueue(encoder.encode("retry: 1000\n\n" + eventText(report.data("all"))));
      followers.add(follower);
    },
    cancel: () => {
      followers.delete(own);
    },
  }, new ByteLengthQueuingStrategy({ highWaterMark: mostWaiting }));
}

function send(followers: Set<Follower>, message: string): void {
  const bytes = encoder.encode(message);
  for (const follower of followers) {
    if ((follower.desiredSize ?? 0) > 0) {
      follower.enqueue(bytes);
      continue;
    }
    followers.delete(follower);
    follower.close();
  }
}

/** JSON has no line breaks of its own, which would end the event. */
function eventText(data: News): string {
  return `event: data\ndata: ${JSON.stringify(data)}\n\n`;
}

/** What changed; undefined if nothing did. */
function newsSince(before: PageData, now: PageData): News | undefined {
  const html = changedParts(before.html, now.html);
  const isNew = outline(before) !== outline(now) || Object.keys(html).length > 0 ||
    now.runs.some(({ epochs, steps }) => epochs ?? steps);
  return isNew ? { ...now, html } : undefined;
}

/** The parts of the page that are others now. */
function changedParts(before: HtmlParts, now: HtmlParts): Partial<HtmlParts> {
  const parts = Object.entries(now) as [keyof HtmlParts, string][];
  return Object.fromEntries(parts.filter(([name, html]) => html !== before[name]));
}

/** Everything but the numbers of the charts and the parts of the page. */
function outline({ runs, html: _, ...others }: PageData): string {
  return JSON.stringify({
    ...others,
    runs: runs.map(({ id, name, group }) => ({ id, name, group })),
  });
}
