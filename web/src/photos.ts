// Photos as a person gives them: small pictures of them for the screen. The service is sent the file as it is: it
// resizes as the model was trained, which a browser's canvas does not.

const kPicturePx = 320; // longer side
const kTypes = ["image/jpeg", "image/png", "image/webp"];

/** For <input accept>: iOS then converts its own format to JPEG. */
export const kAccept = kTypes.join(",");

/** Of what was dropped or pasted. */
export function photosIn(files: Iterable<File>): File[] {
  return [...files].filter((file) => file.type.startsWith("image/"));
}

function draw(image: ImageBitmap): Promise<Blob | null> {
  const scale = Math.min(1, kPicturePx / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.width * scale));
  canvas.height = Math.max(1, Math.round(image.height * scale));
  const context = canvas.getContext("2d");
  if (!context) return Promise.resolve(null);
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
}

/** Null where the browser cannot read it; the service may still. */
export async function pictureOf(photo: Blob): Promise<Blob | null> {
  try {
    const image = await createImageBitmap(photo);
    try {
      return await draw(image);
    } finally {
      image.close();
    }
  } catch {
    return null;
  }
}
