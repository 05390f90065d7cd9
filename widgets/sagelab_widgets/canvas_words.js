// Words of Canvas's rules that arrive from Python and are translated where they are shown.
import { mark } from "./words.js";

export const FROM_RULES = [
  mark("2 category prediction"),
  mark("3+ category prediction"),
  mark("Numeric prediction"),
  mark("Quick build"),
  mark("Standard build"),
  mark("Start"),
  mark("Analyze the data"),
  mark("Make features"),
  mark("Train candidates"),
  mark("Explain the best one"),
  mark("Measure the best one"),
  mark("Numeric"),
  mark("Categorical"),
  mark("Text"),
  mark("Datetime"),
  mark("the same value everywhere"),
  mark("no value at all"),
  mark("it counts the rows"),
  mark("different in every row, like an identifier"),
  mark("Pearson's r"),
  mark("correlation ratio"),
  mark("Cramér's V"),
  mark(
    "Canvas on AWS also forecasts time series; that is not built here, because the local account's AutoML jobs learn from tables only.",
  ),
];
