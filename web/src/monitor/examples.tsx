// Photos that show what an alarm is about, where the service keeps photos.

import { useEffect, useState } from "preact/hooks";
import { loadPhoto } from "../api";
import { useTexts } from "../context";
import { usePictureUrl } from "../picture_url";

/** A photo is named as soon as it is answered, and kept some moments later. */
const kAgainMs = 1500;

/** Undefined while it is asked for or cannot be had now, null where the service has it no more. */
function usePhoto(id: string): Blob | null | undefined {
  const [photo, setPhoto] = useState<Blob | null | undefined>(undefined);
  useEffect(() => {
    let gone = false;
    let again: number | undefined;
    setPhoto(undefined);
    const load = (last: boolean) => {
      const later = () => {
        again = window.setTimeout(() => load(true), kAgainMs);
      };
      loadPhoto(id).then(
        (loaded) => gone || (loaded === null && !last ? later() : setPhoto(loaded)),
        () => gone || last || later(),
      );
    };
    load(false);
    return () => {
      gone = true;
      window.clearTimeout(again);
    };
  }, [id]);
  return photo;
}

function Example({ id }: { id: string }) {
  const { watch } = useTexts();
  const photo = usePhoto(id);
  const [broken, setBroken] = useState(false);
  const url = usePictureUrl(photo ?? null);
  return (
    <li>
      {url && !broken ? (
        <img src={url} alt={watch.exampleAlt(id)} onError={() => setBroken(true)} />
      ) : (
        <span class="no-example hint">{photo === undefined ? "" : watch.exampleGone}</span>
      )}
    </li>
  );
}

export function Examples({ ids }: { ids: readonly string[] }) {
  const { watch } = useTexts();
  if (ids.length === 0) return null;
  return (
    <>
      <p class="hint">{watch.examples}</p>
      <ul class="examples">
        {ids.map((id) => (
          <Example key={id} id={id} />
        ))}
      </ul>
    </>
  );
}
