/**
 * The metadata services of clouds: HTTP servers at a link-local address that tell each machine its
 * name and the text ("user data") that whoever created it has passed.
 */

/** A field that shows that a request is no accident, such as that of a proxy. */
class RequestProof {
  constructor(
    readonly field: string,
    readonly value: string,
    /** Where to PUT for a token that takes the place of `value`, or "". */
    readonly tokenPath: string,
  ) {}
}

export class MetadataProvider {
  constructor(
    /** As in `ds=`. */
    readonly name: string,
    /** The manufacturer and the beginning of the product in SMBIOS; "" for any. */
    private readonly manufacturer: string,
    private readonly product: string,
    readonly userDataPath: string,
    readonly hostnamePath: string,
    /** Without it, requests are refused. */
    readonly proof: RequestProof | null = null,
  ) {}

  /** Reports whether SMBIOS describes a machine of this provider. */
  describes(manufacturer: string, product: string): bool {
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

/** Returns the provider whose machine SMBIOS describes, or null. */
export function providerOf(manufacturer: string, product: string): MetadataProvider | null {
  for (let i = 0; i < PROVIDERS.length; i++) {
    if (PROVIDERS[i].describes(manufacturer, product)) return PROVIDERS[i];
  }
  return null;
}

/** Returns the names, for messages. */
export function providerNames(): string {
  let names = "";
  for (let i = 0; i < PROVIDERS.length; i++) names += `${i > 0 ? ", " : ""}${PROVIDERS[i].name}`;
  return names;
}
