/**
 * The metadata services of clouds: HTTP servers at a link-local address that tell each machine its
 * name and its "user data", the text that was given when the machine was created.
 */

/**
 * A header field without which a provider rejects requests. A proxy that an attacker misuses to
 * reach the provider would not add it.
 */
class RequestProof {
  constructor(
    readonly field: string,
    readonly value: string,
    /** Where to PUT for a token that takes the place of `value`, or "". */
    readonly tokenPath: string,
  ) {}
}

/** The services of all clouds have this address (RFC 3927). */
const SERVER: string = "http://169.254.169.254";

/** The metadata service of one cloud, or another server of user data. */
export class MetadataProvider {
  server: string = SERVER;

  constructor(
    /** As in `ds=`. */
    readonly name: string,
    /** The manufacturer and the beginning of the product in SMBIOS; "" for any. */
    private readonly manufacturer: string,
    private readonly product: string,
    readonly userDataPath: string,
    /** "" if the server has no host name. */
    readonly hostnamePath: string,
    /** What requests must prove themselves with, or null. */
    readonly proof: RequestProof | null = null,
  ) {}

  /** Returns a file of user data at a URL, without a host name. */
  static ofUrl(name: string, url: string): MetadataProvider {
    const provider = new MetadataProvider(name, "", "", "", "");
    provider.server = url;
    return provider;
  }

  /** Whether the server is this machine's, so that it is another one behind a proxy. */
  get isLocal(): bool {
    return this.server == SERVER || this.server.startsWith(`${SERVER}/`);
  }

  /** Whether there must be user data: somebody has named its URL. */
  get expectsData(): bool {
    return this.userDataPath == "";
  }

  /** Reports whether a machine with these values in SMBIOS is one of this provider. */
  matches(manufacturer: string, product: string): bool {
    if (this.manufacturer != "" && manufacturer != this.manufacturer) return false;
    return product.startsWith(this.product);
  }
}

const PROVIDERS: StaticArray<MetadataProvider> = [
  // Version 2 of the service (IMDSv2): a token first, by PUT.
  new MetadataProvider(
    "ec2",
    "Amazon EC2",
    "",
    "/latest/user-data",
    "/latest/meta-data/local-hostname",
    new RequestProof("X-aws-ec2-metadata-token", "", "/latest/api/token"),
  ),
  new MetadataProvider(
    "gce",
    "Google",
    "Google Compute Engine",
    "/computeMetadata/v1/instance/attributes/user-data",
    "/computeMetadata/v1/instance/name",
    new RequestProof("Metadata-Flavor", "Google", ""),
  ),
  new MetadataProvider(
    "openstack",
    "",
    "OpenStack",
    "/openstack/latest/user_data",
    "/latest/meta-data/hostname",
  ),
  new MetadataProvider(
    "hetzner",
    "Hetzner",
    "",
    "/hetzner/v1/userdata",
    "/hetzner/v1/metadata/hostname",
  ),
];

/** Returns the provider with a name, or null. */
export function providerNamed(name: string): MetadataProvider | null {
  for (let i = 0; i < PROVIDERS.length; i++) if (PROVIDERS[i].name == name) return PROVIDERS[i];
  return null;
}

/** Returns the provider of a machine with these values in SMBIOS, or null. */
export function providerOf(manufacturer: string, product: string): MetadataProvider | null {
  for (let i = 0; i < PROVIDERS.length; i++) {
    if (PROVIDERS[i].matches(manufacturer, product)) return PROVIDERS[i];
  }
  return null;
}

/** Returns the names, for messages. */
export function providerNames(): string {
  let names = "";
  for (let i = 0; i < PROVIDERS.length; i++) names += `${i > 0 ? ", " : ""}${PROVIDERS[i].name}`;
  return names;
}
