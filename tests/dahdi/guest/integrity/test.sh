# Ten minutes of telling streams, both ways on twenty-four lines.
insmod /lib/modules/dahdi.ko
insmod /lib/modules/dahdi_vfxo.ko ports=24
line-figures integrity 24 600
