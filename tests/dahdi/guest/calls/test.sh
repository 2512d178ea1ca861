# The appliance on the FXO ports, the exchange in software behind the FXS ports. What came of it is
# printed between marks, for tests/guest.rs to judge.

section() { echo "@@ $1"; }

# start NAME: the appliance with the configuration of that name.
start() {
    tipring --config /calls/$1.toml run 2>>/tmp/$1.log &
    appliance=$!
}

# stop: as an operator stops it.
stop() {
    kill -TERM $appliance
    wait $appliance
    echo "the appliance ended with $?"
}

# office NAME CHANNEL SECONDS: an exchange on the FXS channels from CHANNEL on.
office() {
    central-office /calls/$1.office.toml /voices $2 $3 >/tmp/$1.office 2>&1 &
    office=$!
}

at() { # SECONDS COMMAND…, in the background
    (sleep "$1"; shift; "$@") &
}

inject() { echo "$*" >/sys/module/dahdi_vfxo/parameters/inject; }

lines() {
    section "lines $1"
    tipring --config /calls/$2.toml lines --json
}

insmod /lib/modules/dahdi.ko

section "no driver"
start absent
sleep 4
lines "without driver" absent
kill -9 $appliance
wait $appliance 2>/dev/null

# Eight lines: calls of all kinds at once.
insmod /lib/modules/dahdi_vfxo.ko ports=8
office tones 9 150
sleep 1
# Somebody else has line 8 for a while.
line-figures hold 8 12 &
sleep 1
start tones
sleep 7
section "log"
cat /tmp/tones.log
lines "at the start" tones
at 14 inject 3 spike 40
at 17 inject 3 spike 90
at 58 inject 8 glitch 70
at 100 inject 8 event 20
at 101 lines "with a card pulled" tones
at 108 lines "with the card back" tones
at 37 lines "with a wire cut" tones
wait $office
lines "at the end" tones
stop
section "office tones"
cat /tmp/tones.office

# One line that dials in pulses. The appliance is killed in its call, and started again.
office pulses 9 45
start pulses
sleep 34
kill -9 $appliance
wait $office
section "office pulses"
cat /tmp/pulses.office
start pulses
sleep 5
stop
rmmod dahdi_vfxo

# Twenty-four lines at once.
insmod /lib/modules/dahdi_vfxo.ko ports=24
office many 25 45
start many
wait $office
stop
section "office many"
grep -v Digit /tmp/many.office

for name in tones pulses many; do
    section "calls $name"
    tipring --config /calls/$name.toml calls --json --limit 500
    section "records $name"
    for call in $(tipring --config /calls/$name.toml calls --json --limit 500 | sed 's/.*"call":"\([^"]*\)".*/\1/'); do
        tipring --config /calls/$name.toml show $call --json
    done
    section "verify $name"
    tipring --config /calls/$name.toml verify
done
section "end"
