/** What a file is, by its first bytes and never by its name. */

export interface FileKind {
  /** In words, for people and models. */
  name: string;
  /** Set for the pictures that a model can see. */
  imageType?: "image/png" | "image/jpeg" | "image/gif" | "image/webp";
}

interface Signature extends FileKind {
  bytes: string;
  at?: number;
}

/** `bytes` is Latin-1 text. */
const signatures: readonly Signature[] = [
  { bytes: "\x89PNG\r\n\x1a\n", name: "a PNG image", imageType: "image/png" },
  { bytes: "\xff\xd8\xff", name: "a JPEG image", imageType: "image/jpeg" },
  { bytes: "GIF87a", name: "a GIF image", imageType: "image/gif" },
  { bytes: "GIF89a", name: "a GIF image", imageType: "image/gif" },
  { bytes: "WEBP", at: 8, name: "a WebP image", imageType: "image/webp" },
  { bytes: "%PDF-", name: "a PDF document" },
  { bytes: "PK\x03\x04", name: "a ZIP archive (or an Office document, a jar, …)" },
  { bytes: "\x1f\x8b", name: "gzip data" },
  { bytes: "BZh", name: "bzip2 data" },
  { bytes: "\xfd7zXZ\0", name: "xz data" },
  { bytes: "\x28\xb5\x2f\xfd", name: "zstd data" },
  { bytes: "7z\xbc\xaf\x27\x1c", name: "a 7-Zip archive" },
  { bytes: "ustar", at: 257, name: "a tar archive" },
  { bytes: "\x7fELF", name: "an ELF program or library" },
  { bytes: "MZ", name: "a Windows program or library" },
  { bytes: "\xcf\xfa\xed\xfe", name: "a macOS program or library" },
  { bytes: "\xca\xfe\xba\xbe", name: "a Java class or a macOS universal binary" },
  { bytes: "\0asm", name: "a WebAssembly module" },
  { bytes: "SQLite format 3\0", name: "an SQLite database" },
  { bytes: "BM", name: "a BMP image" },
  { bytes: "\0\0\x01\0", name: "an icon" },
  { bytes: "II*\0", name: "a TIFF image" },
  { bytes: "MM\0*", name: "a TIFF image" },
  { bytes: "ftyp", at: 4, name: "an MP4, HEIC or AVIF file" },
  { bytes: "OggS", name: "Ogg audio or video" },
  { bytes: "ID3", name: "MP3 audio" },
  { bytes: "fLaC", name: "FLAC audio" },
  { bytes: "WAVE", at: 8, name: "WAV audio" },
  { bytes: "\x1aE\xdf\xa3", name: "Matroska or WebM video" },
  { bytes: "wOFF", name: "a WOFF font" },
  { bytes: "wOF2", name: "a WOFF2 font" },
  { bytes: "\0\x01\0\0\0", name: "a TrueType font" },
  { bytes: "PAR1", name: "a Parquet file" },
];

export function kindOf(head: Uint8Array): FileKind | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString("latin1");
  return signatures.find(({ bytes, at = 0 }) => text.startsWith(bytes, at) && (at !== 8 || text.startsWith("RIFF")));
}

/** The encoding of a text that is not UTF-8: by its byte order mark, or a guess when hardly a byte is no text. */
export function encodingOf(head: Uint8Array): "utf-16le" | "utf-16be" | "windows-1252" | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  const isText = head.every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d || byte === 0x0c);
  return isText && head.length > 0 ? "windows-1252" : undefined;
}
