# Three machines run by Nomad's qemu driver. The client must allow the image's path (image_paths).
job "anonymos" {
  datacenters = ["dc1"]
  type        = "service"

  group "web" {
    count = 3

    network {
      port "http" {}
    }

    service {
      name     = "anonymos"
      port     = "http"
      provider = "nomad"

      check {
        type     = "http"
        path     = "/healthz"
        interval = "10s"
        timeout  = "2s"
      }
    }

    task "kernel" {
      driver = "qemu"

      config {
        image_path        = "/var/lib/anonymos/anonymos.qcow2"
        accelerator       = "kvm"
        graceful_shutdown = true
        args = [
          "-snapshot",
          "-nographic",
          "-fw_cfg", "name=opt/anonymos/run,string=httpd",
          "-netdev", "user,id=n0,hostfwd=tcp::${NOMAD_PORT_http}-:80",
          "-device", "virtio-net-pci,netdev=n0",
        ]
      }

      resources {
        cpu    = 500
        memory = 128
      }
    }
  }
}
