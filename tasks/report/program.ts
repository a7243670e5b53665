/**
 * The page's own program: the modules of browser/ as one script, because a page of one file can
 * import nothing.
 *
 * @module
 */
import chartOption from "./browser/chart_option.js" with { type: "text" };
import charts from "./browser/charts.js" with { type: "text" };
import elements from "./browser/elements.js" with { type: "text" };
import epochTable from "./browser/epoch_table.js" with { type: "text" };
import groupStyle from "./browser/group_style.js" with { type: "text" };
import groups from "./browser/groups.js" with { type: "text" };
import main from "./browser/main.js" with { type: "text" };
import state from "./browser/state.js" with { type: "text" };

/** Each after those that it imports. */
const modules = [state, elements, groupStyle, chartOption, charts, groups, epochTable, main];

/** The program: in one scope, names mean the same without imports and exports. */
export const program = `(() => {
${modules.map(withoutImports).join("\n")}})();
`;

function withoutImports(module: string): string {
  return module.replaceAll(/^import [^;]*;\n/gm, "").replaceAll(/^export /gm, "");
}
