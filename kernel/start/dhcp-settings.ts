/**
 * Applies settings that a DHCP server sends in a lease, as text or as the URL of a file
 * (net/service/dhcp/vendor.ts): once, and only if there is no other anonymos.conf. DHCP is not
 * authenticated, so they are settings only, not commands.
 */
import { log } from "../../core/log";
import { Pollable, PollableList } from "../../core/pollable";
import { NEVER } from "../../core/time";
import { Wakeable } from "../../core/wakeable";
import { VendorSettings } from "../../net/service/dhcp/vendor";
import { MetadataProvider } from "../../net/service/metadata/provider";
import { NetworkStack } from "../../net/service/stack";
import { OPTION_VENDOR } from "../../net/wire/dhcp-options";
import { CONFIG_FILE, Configuration, DHCP_SOURCE } from "../config/configuration";
import { Shell } from "../shell/shell";
import { UserData } from "./user-data";

export class DhcpSettings extends Pollable implements Wakeable {
  /** What fetches and applies the settings, once a lease has some. */
  private userData: UserData | null = null;
  /** Whether it is polled, which costs a little in each turn. */
  private polled: bool = false;

  /** Adds itself to `tasks` once a lease has vendor-specific information. */
  constructor(
    private readonly tasks: PollableList,
    private readonly configuration: Configuration,
    private readonly stack: NetworkStack,
    private readonly shell: Shell,
  ) {
    super();
    stack.configuration.watcher = this;
  }

  /** Called when a lease may have changed. It does not call `find`, which allocates. */
  wake(): void {
    const configurators = this.stack.configuration.configurators;
    let offered = false;
    for (let i = 0; i < configurators.length; i++) {
      const lease = configurators[i].dhcp.lease;
      if (lease != null && lease.options.find(OPTION_VENDOR) != null) offered = true;
    }
    if (!offered) return;
    this.dormant = false;
    if (!this.polled) this.tasks.add(this);
    this.polled = true;
  }

  poll(now: i64): bool {
    const userData = this.userData;
    if (userData != null) {
      userData.poll(now);
      this.dormant = userData.dormant;
      return false;
    }
    this.dormant = true;
    const found = this.find();
    if (found == null) return false;
    this.stack.configuration.watcher = null;
    if (this.configuration.hasFile) {
      log(`${DHCP_SOURCE}: settings ignored, as there is another ${CONFIG_FILE}`);
      return false;
    }
    this.begin(found, now);
    return false;
  }

  pollAt(now: i64): i64 {
    const userData = this.userData;
    return userData == null ? NEVER : userData.pollAt(now);
  }

  /** Returns the settings of the first lease that has some, or null. */
  private find(): VendorSettings | null {
    const configurators = this.stack.configuration.configurators;
    for (let i = 0; i < configurators.length; i++) {
      const lease = configurators[i].dhcp.lease;
      const found = lease != null ? VendorSettings.of(lease.options) : null;
      if (found != null) return found;
    }
    return null;
  }

  private begin(found: VendorSettings, now: i64): void {
    const provider = MetadataProvider.ofUrl(DHCP_SOURCE, found.url);
    const userData = new UserData(provider, this.configuration, this.stack, this.shell);
    if (found.settings.length > 0) userData.applyData(found.settings, now);
    if (found.url == "") return;
    log(`${DHCP_SOURCE}: settings are at ${found.url}`);
    this.userData = userData;
    this.dormant = false;
  }
}
