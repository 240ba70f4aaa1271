// Which ground a picture is meant for, by the rule of the service's own contact sheets.

const SIDE = 32;
const MIDDLE_GREY = 0.5;

// Light ink glows on the void, dark ink lies on bone; what is opaque brings its own ground.
export function groundOf(image) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0, SIDE, SIDE);
  const pixels = context.getImageData(0, 0, SIDE, SIDE).data;
  let light = 0;
  let weight = 0;
  for (let at = 0; at < pixels.length; at += 4) {
    const [red, green, blue, alpha] = pixels.subarray(at, at + 4);
    light += (alpha / 255) * ((0.299 * red + 0.587 * green + 0.114 * blue) / 255);
    weight += alpha / 255;
  }
  const isOpaque = weight === SIDE * SIDE;
  return isOpaque || light > MIDDLE_GREY * weight ? "void" : "bone";
}
