/** Tests of the page as a file. @module */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { makePage } from "../../../tasks/report/page.ts";
import { Report } from "../../../tasks/report/report.ts";
import { inFolder } from "../../folders.ts";
import { makeRun } from "./logs.ts";

const markup = `<img src=x onerror="document.title=1"><!--`;

Deno.test("makePage() needs nothing else, and shows markup in names as text", () =>
  inFolder(async (folder) => {
    await makeRun(join(folder, markup), { options: { teacher_id: `</script>${markup}` } });
    await makeRun(join(folder, "other"));
    const report = new Report({ folders: [folder] });
    await report.update();
    const sections = [{ id: "per-class", title: "Classes <1>", html: "<p>of classes</p>" }];
    const { html, policy } = await makePage({ data: report.data("all"), sections });
    // Without the programs, the names are only in the tables and in the JSON.
    const content = html.replaceAll(/<script>[\s\S]*?<\/script>/g, "<script>");
    assertEquals(content.match(/<script/g)?.length, 3);
    assert(!content.includes("<img"));
    assertStringIncludes(content, "&lt;img src=x onerror=&quot;document.title=1&quot;&gt;");
    assertEquals(content.match(/(src|href)="(?!#|data:,)[^"]*"/g), null);
    const [, json] = content.match(/<script type="application\/json" id="data">(.*?)<\/script>/)!;
    assert(!json!.includes("<"));
    const data = JSON.parse(json!);
    assertEquals([data.html, data.runs[0].name], [undefined, markup]);
    assertStringIncludes(content, '<section id="per-class" aria-labelledby="per-class-heading">');
    assertStringIncludes(content, "Classes &lt;1&gt;</h2><p>of classes</p></section>");
    assertStringIncludes(content, '<li><a href="#per-class">Classes &lt;1&gt;</a></li>');
    assertMatch(
      policy,
      /^default-src 'none'; script-src 'sha256-\S+' 'sha256-\S+'; .*connect-src 'none'/,
    );
  }));

Deno.test("makePage() without data leaves all of it to the server, and may ask only that one", async () => {
  const { html, policy } = await makePage({});
  assertStringIncludes(html, '<div id="results"></div>');
  assert(!html.includes('id="data"'));
  assertMatch(policy, /connect-src 'self'/);
});
