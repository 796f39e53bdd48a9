import type { ComponentChildren } from "preact";

interface Props {
  name: string;
  value: ComponentChildren;
  bad?: boolean;
}

/** One number with its name, in a <dl>. */
export function Figure({ name, value, bad = false }: Props) {
  return (
    <div class={bad ? "figure bad" : "figure"}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
