/** The images that the report is about: marked from the viewer by a key, shown small beside the text, stored when the report is signed. */
import { announce } from "../../pacs_core/web/assets/announcements.js";
import { gettext, interpolate } from "../../pacs_core/web/assets/gettext.js";
import { makeElement, makeIcon } from "../../pacs_core/web/assets/page_data.js";
import { postJson } from "../../pacs_core/web/assets/requests.js";

/** @typedef {{id: number, series_instance_uid: string, sop_instance_uid: string, frame_number: number, series_number: number | null, instance_number: number | null, stored_at: string | null}} KeyImage */

export class KeyImages {
  /**
   * @param {HTMLElement} pane
   * @param {{images: KeyImage[], url: string, reading: import("./viewer_link.js").Reading, link: import("./viewer_link.js").ViewerLink}} options
   *   url is "" where the report can only be read
   */
  constructor(pane, { images, url, reading, link }) {
    this.pane = pane;
    this.images = images;
    this.url = url;
    this.reading = reading;
    this.link = link;
    this.#show();
  }

  /** Mark what the reader looks at. */
  async mark() {
    const active = await this.link.activeImage();
    if (!active?.sopInstanceUid || active.studyInstanceUid !== this.reading.studyInstanceUid) {
      announce(gettext("Only an image of this study becomes a key image. Choose it in the viewer first."));
      return;
    }
    const wish = { sop_instance_uid: active.sopInstanceUid, frame_number: active.frameNumber ?? 1 };
    const { status, body } = await postJson(this.url, wish).catch(() => ({ status: 0, body: null }));
    if (status !== 201) {
      announce(body?.detail ?? gettext("The key image was not marked. Try again."));
      return;
    }
    if (!this.images.some((one) => one.id === body.id)) this.images.push(body);
    this.#show();
    announce(interpolate(gettext("Key image: %(image)s"), { image: nameOf(body) }));
  }

  /** @param {KeyImage} image */
  async #unmark(image) {
    const { status, body } = await postJson(`${this.url}${image.id}/`, {}, { method: "DELETE" }).catch(() => ({ status: 0, body: null }));
    if (status !== 204 && status !== 404) {
      announce(body?.detail ?? gettext("The key image was not removed. Try again."));
      return;
    }
    this.images = this.images.filter((one) => one.id !== image.id);
    this.#show();
  }

  #show() {
    this.pane.hidden = !this.images.length;
    this.pane.querySelector("ul")?.replaceChildren(...this.images.map((image) => this.#line(image)));
  }

  /** @param {KeyImage} image */
  #line(image) {
    const { readingKey, studyInstanceUid } = this.reading;
    const path = `studies/${studyInstanceUid}/series/${image.series_instance_uid}/instances/${image.sop_instance_uid}/frames/${image.frame_number}`;
    const picture = makeElement("img", { src: `/dicom-web/reading/${readingKey}/${path}/thumbnail`, alt: nameOf(image), title: nameOf(image), loading: "lazy" });
    const line = makeElement("li", {}, picture);
    if (!this.url || image.stored_at) return line;
    const remove = makeElement("button", { type: "button", class: "btn btn-bare", "aria-label": interpolate(gettext("Remove key image %(image)s"), { image: nameOf(image) }) }, makeIcon("close"));
    remove.addEventListener("click", () => this.#unmark(image));
    line.append(remove);
    return line;
  }
}

/** @param {KeyImage} image */
function nameOf(image) {
  const words = interpolate(gettext("series %(series)s, image %(image)s"), { series: image.series_number ?? "–", image: image.instance_number ?? "–" });
  return image.frame_number > 1 ? `${words}, ${interpolate(gettext("frame %(frame)s"), { frame: image.frame_number })}` : words;
}
