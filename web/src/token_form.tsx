import type { TargetedEvent } from "preact";
import { useTexts } from "./context";

interface Props {
  refusals: number; // of tokens that were given
  onToken: (token: string) => void;
}

export function TokenForm({ refusals, onToken }: Props) {
  const texts = useTexts();
  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = new FormData(event.currentTarget).get("token");
    if (typeof token === "string") onToken(token.trim());
  };
  return (
    <form class="token" onSubmit={submit}>
      <h2>{texts.tokenWanted}</h2>
      <p>{texts.tokenHelp}</p>
      <label>
        {texts.token}{" "}
        <input
          name="token"
          type="password"
          autocomplete="off"
          required
          aria-invalid={refusals > 0}
          aria-describedby={refusals > 0 ? "token-refused" : undefined}
        />
      </label>
      <button type="submit" class="primary">
        {texts.enter}
      </button>
      {/* Another element each time, for it to be said each time. */}
      {refusals > 0 && (
        <p key={refusals} id="token-refused" role="alert" class="problem">
          {texts.tokenWrong}
        </p>
      )}
    </form>
  );
}
