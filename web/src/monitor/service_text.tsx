/** The service's own words, which are English whatever the reader's language. */
export function ServiceText({ text }: { text: string }) {
  return (
    <span class="message" lang="en">
      {text}
    </span>
  );
}
