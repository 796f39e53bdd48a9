import type { Problem, Refusal } from "./api";
import type { Texts } from "./texts";

/** Why anything else could not be done: English as the service says it. */
export function reasonText(problem: Problem, texts: Texts): string {
  return texts.reasons[problem.code as keyof Texts["reasons"]] ?? problem.message;
}

/** Why a photo could not be read. */
export function problemText(problem: Problem, texts: Texts): string {
  return texts.problems[problem.code as keyof Texts["problems"]] ?? reasonText(problem, texts);
}

/** In the reader's language where the page knows the case, else in the service's own words. */
export function refusalText(refusal: Refusal, texts: Texts): string {
  switch (refusal.status) {
    case 0:
      return texts.unreachable;
    case 401:
      return texts.tokenWanted;
    case 413:
      return texts.tooLarge;
    case 503:
    case 504:
      return texts.busy;
    case 400:
      return problemText(refusal.problem, texts);
    default:
      return reasonText(refusal.problem, texts);
  }
}
